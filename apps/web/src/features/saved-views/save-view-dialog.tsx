import { zodResolver } from "@hookform/resolvers/zod";
import { createSavedViewInput, type SavedView } from "@muniment/shared/saved-views.ts";
import { useMutation } from "@tanstack/react-query";
import { useForm } from "react-hook-form";
import { messageOf } from "../../errors.ts";
import { queryClient } from "../../query-client.ts";
import { trpc } from "../../trpc.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Field } from "../../ui/field.tsx";
import { Form } from "../../ui/form.tsx";
import { Input } from "../../ui/input.tsx";
import { toast } from "../../ui/toast.ts";

type Props = { open: boolean; shown: Pick<SavedView, "query" | "display">; onClose: () => void };

export function SaveViewDialog({ open, shown, onClose }: Props) {
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => !next && onClose()}
      title="Save this view"
      description="Its query, time range, chart and counted properties, under a name."
    >
      <SaveViewForm shown={shown} onDone={onClose} />
    </Dialog>
  );
}

function SaveViewForm({ shown, onDone }: { shown: Props["shown"]; onDone: () => void }) {
  const form = useForm({
    resolver: zodResolver(createSavedViewInput.pick({ name: true })),
    defaultValues: { name: "" },
  });
  const create = useMutation(
    trpc.savedViews.create.mutationOptions({
      onSuccess: async () => {
        await queryClient.invalidateQueries(trpc.savedViews.pathFilter());
        onDone();
        toast.success("The view was saved.");
      },
    }),
  );
  return (
    <Form
      onSubmit={form.handleSubmit(({ name }) => create.mutate({ name, ...shown }))}
      submitError={messageOf(create.error)}
      pending={create.isPending}
      submitLabel="Save"
      onCancel={onDone}
    >
      <Field label="Name" error={form.formState.errors.name?.message}>
        {(control) => <Input {...control} {...form.register("name")} autoComplete="off" />}
      </Field>
      <p className="font-mono text-xs break-words text-muted">{shown.query || "(no query)"}</p>
    </Form>
  );
}
