import type { Webhook } from "@muniment/shared/webhooks.ts";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { messageOf } from "../../errors.ts";
import { queryClient } from "../../query-client.ts";
import { trpc } from "../../trpc.ts";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { toast } from "../../ui/toast.ts";

type Props = { webhook: Webhook; open: boolean; onOpenChange: (open: boolean) => void };

export function DeleteWebhookDialog({ webhook, open, onOpenChange }: Props) {
  const navigate = useNavigate();
  const remove = useMutation(
    trpc.webhooks.delete.mutationOptions({
      onSuccess: async () => {
        await navigate({ to: "/webhooks" });
        await queryClient.invalidateQueries(trpc.webhooks.list.pathFilter());
        toast.success(`${webhook.name} was deleted.`);
      },
    }),
  );
  return (
    <ConfirmDialog
      open={open}
      onOpenChange={onOpenChange}
      title={`Delete ${webhook.name}?`}
      confirmLabel="Delete webhook"
      onConfirm={() => remove.mutate({ id: webhook.id })}
      submitError={messageOf(remove.error)}
      pending={remove.isPending}
    >
      <p>What waits is not sent, and its log goes with it. Alert rules stop naming it.</p>
    </ConfirmDialog>
  );
}
