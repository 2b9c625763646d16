import type { User } from "@muniment/shared/users.ts";
import { useMutation } from "@tanstack/react-query";
import { messageOf } from "../../errors.ts";
import { queryClient } from "../../query-client.ts";
import { trpc } from "../../trpc.ts";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { toast } from "../../ui/toast.ts";

type Props = {
  user: User | null;
  onClose: () => void;
  /** Leaves a page that is about the user. */
  onDeleted?: () => Promise<void>;
};

/** Open while there is a user. */
export function DeleteUserDialog({ user, onClose, onDeleted }: Props) {
  const remove = useMutation(
    trpc.users.delete.mutationOptions({
      onSuccess: async () => {
        await onDeleted?.();
        await queryClient.invalidateQueries(trpc.users.pathFilter());
        onClose();
        toast.success("The account was deleted.");
      },
    }),
  );
  return (
    <ConfirmDialog
      open={user !== null}
      onOpenChange={(open) => !open && onClose()}
      title={`Delete ${user?.displayName ?? ""}?`}
      confirmLabel="Delete account"
      typed={user?.email ?? ""}
      onConfirm={() => user && remove.mutate({ id: user.id })}
      submitError={messageOf(remove.error)}
      pending={remove.isPending}
    >
      <p>
        The account, its agents, keys and events are deleted, and every session ends. The audit log
        keeps what was done. This cannot be undone; disabling can.
      </p>
    </ConfirmDialog>
  );
}
