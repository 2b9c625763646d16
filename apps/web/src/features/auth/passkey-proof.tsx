import type { PasskeyRequest } from "@muniment/shared/second-factors.ts";
import { useMutation } from "@tanstack/react-query";
import { Fingerprint } from "lucide-react";
import { askPasskey, passkeyMessageOf } from "../../passkeys.ts";
import { settleReauthentication } from "../../reauthentication.ts";
import { trpcClient } from "../../trpc.ts";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";

/** Proves with a passkey, in place of password and code, that it is still the same person. */
export function PasskeyProof(props: {
  options: PasskeyRequest;
  /** After a failure, when new options are needed for another try. */
  onSpent: () => void;
}) {
  const prove = useMutation({
    mutationFn: async () => {
      const passkey = await askPasskey(props.options);
      return trpcClient.auth.reauthenticate.mutate({ passkey });
    },
    onSuccess: () => settleReauthentication(true),
    onError: props.onSpent,
  });
  const error = passkeyMessageOf(prove.error, {
    invalid_credentials: "This passkey was not accepted.",
    invalid_token: "That took too long. Try again.",
  });
  return (
    <div className="grid gap-3 border-b pb-4">
      <div aria-live="polite" className="empty:hidden">
        {error && <Notice tone="danger">{error}</Notice>}
      </div>
      <Button pending={prove.isPending} onClick={() => prove.mutate()}>
        <Fingerprint aria-hidden />
        Confirm with a passkey
      </Button>
    </div>
  );
}
