import type { AlertRule } from "@muniment/shared/alert-rules.ts";
import { useMutation } from "@tanstack/react-query";
import { messageOf } from "../../errors.ts";
import { queryClient } from "../../query-client.ts";
import { trpc } from "../../trpc.ts";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { toast } from "../../ui/toast.ts";

/** Open while there is a rule. */
export function DeleteRuleDialog({
  rule,
  onClose,
}: {
  rule: AlertRule | null;
  onClose: () => void;
}) {
  const remove = useMutation(
    trpc.alertRules.delete.mutationOptions({
      onSuccess: async () => {
        await queryClient.invalidateQueries(trpc.alertRules.pathFilter());
        onClose();
        toast.success("The rule was deleted.");
      },
    }),
  );
  return (
    <ConfirmDialog
      open={rule !== null}
      onOpenChange={(open) => !open && onClose()}
      title={`Delete ${rule?.name ?? ""}?`}
      confirmLabel="Delete rule"
      onConfirm={() => rule && remove.mutate({ id: rule.id })}
      submitError={messageOf(remove.error)}
      pending={remove.isPending}
    >
      <p>Its history goes with it. To silence it for a while, mute it instead.</p>
    </ConfirmDialog>
  );
}
