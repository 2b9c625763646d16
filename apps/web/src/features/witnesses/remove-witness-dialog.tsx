import type { Witness } from "@muniment/shared/witnesses.ts";
import { useMutation } from "@tanstack/react-query";
import { messageOf } from "../../errors.ts";
import { queryClient } from "../../query-client.ts";
import { trpc } from "../../trpc.ts";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { toast } from "../../ui/toast.ts";

/** Open while there is a witness. */
export function RemoveWitnessDialog(props: { witness: Witness | null; onClose: () => void }) {
  const { witness, onClose } = props;
  const remove = useMutation(
    trpc.witnesses.remove.mutationOptions({
      onSuccess: async () => {
        await queryClient.invalidateQueries(trpc.witnesses.pathFilter());
        onClose();
        toast.success("Checkpoints go there no more.");
      },
    }),
  );
  return (
    <ConfirmDialog
      open={witness !== null}
      onOpenChange={(open) => !open && onClose()}
      title="Remove this place"
      confirmLabel="Remove"
      onConfirm={() => witness && remove.mutate({ id: witness.id })}
      submitError={messageOf(remove.error)}
      pending={remove.isPending}
    >
      <p>
        Checkpoints are sent to <strong className="break-all">{witness?.target}</strong> no more.
        What it has it keeps, and the audit log says that it was removed.
      </p>
      {witness?.kind === "file" && (
        <p>
          It is named by AUDIT_CHECKPOINT_FILE: unset that too, or it comes back at the next start.
        </p>
      )}
    </ConfirmDialog>
  );
}
