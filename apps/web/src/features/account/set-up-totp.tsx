import { useMutation } from "@tanstack/react-query";
import { Smartphone } from "lucide-react";
import { useState } from "react";
import { messageOf } from "../../errors.ts";
import { trpc } from "../../trpc.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { toast } from "../../ui/toast.ts";
import { ConfirmTotp } from "./confirm-totp.tsx";
import { RecoveryCodesDialog } from "./recovery-codes-dialog.tsx";

/** A button that leads from nothing to a working authenticator app, and stored recovery codes. */
export function SetUpTotp(props: { label: string; size?: "md" | "lg"; onDone: () => void }) {
  const [codes, setCodes] = useState<string[] | null>(null);
  const begin = useMutation(
    trpc.account.beginTotp.mutationOptions({
      onError: (error) => toast.error(messageOf(error) ?? ""),
    }),
  );
  const confirmed = (recoveryCodes: string[] | null) => {
    begin.reset();
    if (recoveryCodes) setCodes(recoveryCodes);
    else props.onDone();
  };
  return (
    <>
      <Button size={props.size} pending={begin.isPending} onClick={() => begin.mutate()}>
        <Smartphone aria-hidden />
        {props.label}
      </Button>
      <Dialog
        open={begin.isSuccess}
        onOpenChange={(open) => !open && begin.reset()}
        title="Set up an authenticator app"
        description="Scan the code with an app such as Aegis, 2FAS or your password manager. It then shows a new six-digit code every 30 seconds."
      >
        {begin.data && (
          <ConfirmTotp setUp={begin.data} onConfirmed={confirmed} onCancel={() => begin.reset()} />
        )}
      </Dialog>
      <RecoveryCodesDialog
        codes={codes}
        onClose={() => {
          setCodes(null);
          props.onDone();
        }}
      />
    </>
  );
}
