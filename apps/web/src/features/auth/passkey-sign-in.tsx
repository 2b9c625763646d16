import type { Me } from "@muniment/shared/accounts.ts";
import { useMutation } from "@tanstack/react-query";
import { Fingerprint } from "lucide-react";
import { askPasskey, passkeyMessageOf, passkeysUnsupported } from "../../passkeys.ts";
import { trpcClient } from "../../trpc.ts";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";

/** Signs in with a passkey alone: neither address nor password is typed. */
export function PasskeySignIn({ onSignedIn }: { onSignedIn: (user: Me) => void }) {
  const signIn = useMutation({
    mutationFn: async () => {
      const passkey = await askPasskey(await trpcClient.auth.beginPasskeySignIn.mutate());
      return trpcClient.auth.passkeySignIn.mutate({ passkey });
    },
    onSuccess: ({ user }) => onSignedIn(user),
  });
  const error = passkeyMessageOf(signIn.error, {
    invalid_credentials: "This passkey is not known here any more, or could not be checked.",
    invalid_token: "That took too long. Try again.",
  });
  return (
    <div className="grid gap-3">
      <div aria-live="polite" className="empty:hidden">
        {error && <Notice tone="danger">{error}</Notice>}
      </div>
      <Button
        size="lg"
        pending={signIn.isPending}
        disabledReason={passkeysUnsupported()}
        onClick={() => signIn.mutate()}
      >
        <Fingerprint aria-hidden />
        Sign in with a passkey
      </Button>
    </div>
  );
}
