import type { Webhook, WebhookWithSecret } from "@muniment/shared/webhooks.ts";
import { useMutation } from "@tanstack/react-query";
import { messageOf } from "../../errors.ts";
import { trpc } from "../../trpc.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { OverlapForm } from "../../ui/overlap-form.tsx";

const overlaps = [
  { seconds: 0, label: "No overlap: only the new secret counts now" },
  { seconds: 3600, label: "1 hour" },
  { seconds: 86_400, label: "1 day" },
  { seconds: 7 * 86_400, label: "7 days" },
] as const;

type Props = {
  webhook: Webhook;
  open: boolean;
  onOpenChange: (open: boolean) => void;
  onRotated: (webhook: WebhookWithSecret) => void;
};

export function RotateSecretDialog({ webhook, open, onOpenChange, onRotated }: Props) {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={`Rotate the secret of ${webhook.name}`}
      description="During the overlap every request is signed with both secrets, so nothing has to stop."
    >
      <RotateForm id={webhook.id} onRotated={onRotated} onCancel={() => onOpenChange(false)} />
    </Dialog>
  );
}

function RotateForm(props: { id: string; onCancel: () => void } & Pick<Props, "onRotated">) {
  const rotate = useMutation(
    trpc.webhooks.rotateSecret.mutationOptions({ onSuccess: props.onRotated }),
  );
  return (
    <OverlapForm
      label="The old secret signs too for"
      submitLabel="Rotate secret"
      overlaps={overlaps}
      submitError={messageOf(rotate.error)}
      pending={rotate.isPending}
      onSubmit={(overlapSeconds) => rotate.mutate({ id: props.id, overlapSeconds })}
      onCancel={props.onCancel}
    />
  );
}
