import { zodResolver } from "@hookform/resolvers/zod";
import type { Me } from "@muniment/shared/accounts.ts";
import { type MfaRequired, secondFactorCode } from "@muniment/shared/second-factors.ts";
import { useMutation } from "@tanstack/react-query";
import { Fingerprint } from "lucide-react";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { askPasskey, passkeyMessageOf } from "../../passkeys.ts";
import { trpc, trpcClient } from "../../trpc.ts";
import { AuthCard } from "../../ui/auth-card.tsx";
import { Button } from "../../ui/button.tsx";
import { Form } from "../../ui/form.tsx";
import { CodeField, codeKind, OtherCode } from "./code-field.tsx";

const sentences = {
  invalid_credentials: "This was not accepted: it is wrong, or was used before.",
  rate_limited:
    "Too many wrong codes. Use a recovery code or a passkey, sign in where you have signed in before, or try again later.",
  invalid_token:
    "This sign-in is over: it took more than five minutes, or too many attempts. Go back and begin again.",
};

type Props = { half: MfaRequired; onSignedIn: (user: Me) => void; onBack: () => void };

/** What follows a right password where there is a second factor. */
export function SecondFactorStep({ half, onSignedIn, onBack }: Props) {
  const { challenge, methods, passkey } = half;
  const [kind, setKind] = useState(codeKind(methods));
  const form = useForm({
    resolver: zodResolver(z.object({ code: secondFactorCode })),
    defaultValues: { code: "" },
  });
  const signedIn = { onSuccess: ({ user }: { user: Me }) => onSignedIn(user) };
  const verify = useMutation(trpc.auth.verifyMfa.mutationOptions(signedIn));
  const verifyPasskey = useMutation({
    mutationFn: async (options: NonNullable<typeof passkey>) =>
      trpcClient.auth.verifyMfa.mutate({ challenge, passkey: await askPasskey(options) }),
    ...signedIn,
  });
  const cancel = useMutation(trpc.auth.cancelMfa.mutationOptions());
  const leave = () => {
    cancel.mutate({ challenge });
    onBack();
  };
  return (
    <AuthCard title="One more step" lead="The password is right. Now your second factor.">
      <div className="grid gap-4">
        {passkey && (
          <Button
            size="lg"
            variant={kind ? "secondary" : "primary"}
            pending={verifyPasskey.isPending}
            onClick={() => verifyPasskey.mutate(passkey)}
          >
            <Fingerprint aria-hidden />
            Use a passkey
          </Button>
        )}
        {kind && (
          <Form
            onSubmit={form.handleSubmit((values) => verify.mutate({ challenge, ...values }))}
            submitError={passkeyMessageOf(verify.error ?? verifyPasskey.error, sentences)}
            pending={verify.isPending}
            submitLabel="Sign in"
            actions="block"
          >
            <CodeField
              kind={kind}
              error={form.formState.errors.code && "Enter the code."}
              register={form.register("code")}
              autoFocus
            />
          </Form>
        )}
        <div className="flex flex-wrap justify-between gap-2">
          <OtherCode
            methods={methods}
            kind={kind}
            onChange={(other) => {
              form.reset();
              setKind(other);
            }}
          />
          <Button variant="ghost" className="ml-auto" onClick={leave}>
            Back
          </Button>
        </div>
      </div>
    </AuthCard>
  );
}
