import type { Webhook, WebhookWithSecret } from "@muniment/shared/webhooks.ts";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { messageOf } from "../../errors.ts";
import { trpc } from "../../trpc.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Field } from "../../ui/field.tsx";
import { Form } from "../../ui/form.tsx";
import { Select } from "../../ui/select.tsx";

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
  const [overlapSeconds, setOverlapSeconds] = useState<number>(86_400);
  const rotate = useMutation(
    trpc.webhooks.rotateSecret.mutationOptions({ onSuccess: props.onRotated }),
  );
  return (
    <Form
      onSubmit={(event) => {
        event.preventDefault();
        rotate.mutate({ id: props.id, overlapSeconds });
      }}
      submitError={messageOf(rotate.error)}
      pending={rotate.isPending}
      submitLabel="Rotate secret"
      onCancel={props.onCancel}
    >
      <Field label="The old secret signs too for">
        {(control) => (
          <Select
            {...control}
            value={overlapSeconds}
            onChange={(event) => setOverlapSeconds(Number(event.target.value))}
          >
            {overlaps.map(({ seconds, label }) => (
              <option key={seconds} value={seconds}>
                {label}
              </option>
            ))}
          </Select>
        )}
      </Field>
    </Form>
  );
}
