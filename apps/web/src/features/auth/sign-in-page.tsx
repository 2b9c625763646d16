import { zodResolver } from "@hookform/resolvers/zod";
import { type Me, signInInput } from "@muniment/shared/accounts.ts";
import type { MfaRequired } from "@muniment/shared/second-factors.ts";
import { useMutation, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { EmailField } from "../../email-field.tsx";
import { messageOf } from "../../errors.ts";
import { safeReturnPath } from "../../return-path.ts";
import { startSession } from "../../session.ts";
import { trpc } from "../../trpc.ts";
import { AuthCard } from "../../ui/auth-card.tsx";
import { Field } from "../../ui/field.tsx";
import { Form } from "../../ui/form.tsx";
import { Notice } from "../../ui/notice.tsx";
import { PasswordInput } from "../../ui/password-input.tsx";
import { PasskeySignIn } from "./passkey-sign-in.tsx";
import { SecondFactorStep } from "./second-factor-step.tsx";

const route = getRouteApi("/public/sign-in");

export function SignInPage() {
  const { from, lost } = route.useSearch();
  const { signUp, setupNeeded, passkeys } = useSuspenseQuery(trpc.setup.status.queryOptions()).data;
  const router = useRouter();
  const [half, setHalf] = useState<MfaRequired | null>(null);
  const enter = (user: Me) => {
    startSession(user);
    router.history.push(safeReturnPath(from, location.origin));
  };
  const form = useForm({
    resolver: zodResolver(signInInput),
    defaultValues: { email: "", password: "" },
  });
  const signIn = useMutation(
    trpc.auth.signIn.mutationOptions({
      onSuccess: (result) => {
        if (result.status === "mfaRequired") setHalf(result);
        else enter(result.user);
      },
    }),
  );
  if (half) {
    const back = () => {
      form.resetField("password");
      setHalf(null);
    };
    return <SecondFactorStep half={half} onSignedIn={enter} onBack={back} />;
  }
  return (
    <AuthCard title="Sign in">
      <div className="grid gap-4">
        {lost && (
          <Notice tone="info">Your session has ended. Sign in to go on where you were.</Notice>
        )}
        {setupNeeded && (
          <Notice tone="info">
            There is no account yet. Open the setup link that the server printed when it started.
          </Notice>
        )}
        <Form
          onSubmit={form.handleSubmit((values) => signIn.mutate(values))}
          submitError={messageOf(signIn.error)}
          pending={signIn.isPending}
          submitLabel="Sign in"
          actions="block"
        >
          <EmailField
            registration={form.register("email")}
            error={form.formState.errors.email?.message}
            autoFocus
          />
          <Field label="Password" error={form.formState.errors.password?.message}>
            {(control) => (
              <PasswordInput
                {...control}
                {...form.register("password")}
                autoComplete="current-password"
              />
            )}
          </Field>
        </Form>
        <p className="text-sm">
          <Link to="/forgot" className="font-medium text-accent hover:underline">
            Forgot your password?
          </Link>
        </p>
        {passkeys && !setupNeeded && <PasskeySignIn onSignedIn={enter} />}
        {signUp === "open" && !setupNeeded && (
          <p className="text-sm text-muted">
            No account yet?{" "}
            <Link to="/sign-up" className="font-medium text-accent hover:underline">
              Create one
            </Link>
          </p>
        )}
        {signUp !== "open" && !setupNeeded && (
          <p className="text-sm text-muted">
            {signUp === "invite"
              ? "No account yet? An administrator can send you an invitation."
              : "No account yet? Ask an administrator."}
          </p>
        )}
      </div>
    </AuthCard>
  );
}
