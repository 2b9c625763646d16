import type { ApiKey, CreatedApiKey } from "@muniment/shared/api-keys.ts";
import { useMutation } from "@tanstack/react-query";
import { messageOf } from "../../errors.ts";
import { trpc } from "../../trpc.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { OverlapForm } from "../../ui/overlap-form.tsx";

const overlaps = [
  { seconds: 0, label: "No overlap: the old key stops now" },
  { seconds: 3600, label: "1 hour" },
  { seconds: 86_400, label: "1 day" },
  { seconds: 7 * 86_400, label: "7 days" },
  { seconds: 30 * 86_400, label: "30 days" },
] as const;

type Props = {
  apiKey: ApiKey | null;
  onClose: () => void;
  onCreated: (key: CreatedApiKey) => void;
};

/** Open while there is a key. */
export function RotateApiKeyDialog({ apiKey, onClose, onCreated }: Props) {
  return (
    <Dialog
      open={apiKey !== null}
      onOpenChange={(open) => !open && onClose()}
      title={`Rotate ${apiKey?.name ?? ""}`}
      description="Makes a new key with the same scopes and restrictions. Both work during the overlap, so nothing has to stop."
    >
      {apiKey && <RotateForm id={apiKey.id} onClose={onClose} onCreated={onCreated} />}
    </Dialog>
  );
}

function RotateForm(props: { id: string } & Pick<Props, "onClose" | "onCreated">) {
  const rotate = useMutation(trpc.apiKeys.rotate.mutationOptions({ onSuccess: props.onCreated }));
  return (
    <OverlapForm
      label="The old key keeps working for"
      submitLabel="Rotate key"
      overlaps={overlaps}
      submitError={messageOf(rotate.error)}
      pending={rotate.isPending}
      onSubmit={(overlapSeconds) => rotate.mutate({ id: props.id, overlapSeconds })}
      onCancel={props.onClose}
    />
  );
}
