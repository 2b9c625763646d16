import type { SavedView } from "@muniment/shared/saved-views.ts";
import { useMutation } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { Pencil, Save, Trash2 } from "lucide-react";
import { useState } from "react";
import { messageOf } from "../../errors.ts";
import { queryClient } from "../../query-client.ts";
import { trpc } from "../../trpc.ts";
import { Button } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Form } from "../../ui/form.tsx";
import { Input } from "../../ui/input.tsx";
import { isSameView, searchOf } from "./shown-view.ts";

type Props = { view: SavedView; shown: Pick<SavedView, "query" | "display"> };

const onSuccess = () => queryClient.invalidateQueries(trpc.savedViews.pathFilter());

/** A view with what can be done to it; deleting asks once more in its place. */
export function ViewItem({ view, shown }: Props) {
  const [asking, setAsking] = useState<"name" | "delete">();
  const router = useRouter();
  const update = useMutation(trpc.savedViews.update.mutationOptions({ onSuccess }));
  const remove = useMutation(trpc.savedViews.delete.mutationOptions({ onSuccess }));
  const done = () => setAsking(undefined);
  const link = router.buildLocation({ to: "/events", search: searchOf(view) }).href;
  const problem = messageOf(update.error ?? remove.error);
  if (asking === "name") {
    return (
      <li className="py-2">
        <RenameForm view={view} update={update} onDone={done} />
      </li>
    );
  }
  return (
    <li className="flex flex-wrap items-center gap-x-1 gap-y-1 py-2">
      <div className="min-w-0 grow basis-48">
        <p className="truncate text-sm font-medium">{view.name}</p>
        <p className="truncate font-mono text-xs text-muted" title={view.query}>
          {view.query || "(no query)"}
        </p>
        {problem && (
          <p role="alert" className="text-xs text-danger">
            {problem}
          </p>
        )}
      </div>
      {asking === "delete" ? (
        <>
          <Button
            variant="danger"
            size="sm"
            pending={remove.isPending}
            onClick={() => remove.mutate({ id: view.id })}
          >
            Delete {view.name}
          </Button>
          <Button variant="ghost" size="sm" onClick={done}>
            Keep
          </Button>
        </>
      ) : (
        <>
          <CopyButton text={location.origin + link} label={`Copy the link to ${view.name}`} />
          <IconButton
            icon={Save}
            label={`Make ${view.name} what is shown now`}
            disabledReason={isSameView(view, shown) ? "It is what is shown now" : undefined}
            onClick={() => update.mutate({ id: view.id, ...shown })}
          />
          <IconButton
            icon={Pencil}
            label={`Rename ${view.name}`}
            onClick={() => setAsking("name")}
          />
          <IconButton
            icon={Trash2}
            label={`Delete ${view.name}`}
            onClick={() => setAsking("delete")}
          />
        </>
      )}
    </li>
  );
}

function IconButton(props: {
  icon: typeof Pencil;
  label: string;
  disabledReason?: string | undefined;
  onClick: () => void;
}) {
  return (
    <Button
      variant="ghost"
      size="iconSm"
      aria-label={props.label}
      title={props.label}
      disabledReason={props.disabledReason}
      onClick={props.onClick}
    >
      <props.icon aria-hidden />
    </Button>
  );
}

type Update = {
  mutate: (input: { id: string; name: string }, options: { onSuccess: () => void }) => void;
  error: unknown;
  isPending: boolean;
};

function RenameForm(props: { view: SavedView; update: Update; onDone: () => void }) {
  const { view, update, onDone } = props;
  const [name, setName] = useState(view.name);
  return (
    <Form
      onSubmit={(event) => {
        event.preventDefault();
        update.mutate({ id: view.id, name }, { onSuccess: onDone });
      }}
      submitError={messageOf(update.error)}
      pending={update.isPending}
      submitLabel="Rename"
      disabledReason={name.trim() === "" ? "It needs a name" : undefined}
      onCancel={onDone}
    >
      <Input
        aria-label={`New name of ${view.name}`}
        maxLength={100}
        value={name}
        onChange={({ target }) => setName(target.value)}
      />
    </Form>
  );
}
