import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { messageOf } from "../../errors.ts";
import { trpc } from "../../trpc.ts";
import { Button } from "../../ui/button.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { refreshFactors } from "./factors-query.ts";
import { RecoveryCodesDialog } from "./recovery-codes-dialog.tsx";

/** Makes new recovery codes, after saying what becomes of the old ones. */
export function ReplaceRecoveryCodes() {
  const [asking, setAsking] = useState(false);
  const replace = useMutation(
    trpc.account.recoveryCodes.mutationOptions({
      onSuccess: async () => {
        setAsking(false);
        await refreshFactors();
      },
    }),
  );
  return (
    <>
      <Button onClick={() => setAsking(true)}>New recovery codes</Button>
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title="Replace your recovery codes?"
        confirmLabel="Make new codes"
        danger={false}
        onConfirm={() => replace.mutate()}
        submitError={messageOf(replace.error)}
        pending={replace.isPending}
      >
        <p>The earlier ones stop working at once, those you have not used too.</p>
      </ConfirmDialog>
      <RecoveryCodesDialog
        codes={asking ? null : (replace.data?.recoveryCodes ?? null)}
        onClose={() => replace.reset()}
      />
    </>
  );
}
