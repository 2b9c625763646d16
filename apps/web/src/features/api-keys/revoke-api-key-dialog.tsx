import type { ApiKey } from "@muniment/shared/api-keys.ts";
import { useMutation } from "@tanstack/react-query";
import { messageOf } from "../../errors.ts";
import { queryClient } from "../../query-client.ts";
import { trpc } from "../../trpc.ts";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { toast } from "../../ui/toast.ts";

/** Open while there is a key. */
export function RevokeApiKeyDialog(props: { apiKey: ApiKey | null; onClose: () => void }) {
  const revoke = useMutation(
    trpc.apiKeys.revoke.mutationOptions({
      onSuccess: async (key) => {
        await queryClient.invalidateQueries(trpc.apiKeys.pathFilter());
        void queryClient.invalidateQueries(trpc.agents.pathFilter());
        props.onClose();
        toast.success(`The key ${key.name} was revoked.`);
      },
    }),
  );
  return (
    <ConfirmDialog
      open={props.apiKey !== null}
      onOpenChange={(open) => !open && props.onClose()}
      title={`Revoke ${props.apiKey?.name ?? ""}?`}
      confirmLabel="Revoke key"
      onConfirm={() => props.apiKey && revoke.mutate({ id: props.apiKey.id })}
      submitError={messageOf(revoke.error)}
      pending={revoke.isPending}
    >
      <p>
        Whatever uses <code className="font-mono">{props.apiKey?.prefix}…</code> is refused within a
        second. This cannot be undone. To replace a key without a gap, rotate it.
      </p>
    </ConfirmDialog>
  );
}
