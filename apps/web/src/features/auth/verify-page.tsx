import { zodResolver } from "@hookform/resolvers/zod";
import { currentPassword } from "@muniment/shared/accounts.ts";
import { useMutation } from "@tanstack/react-query";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { messageOf, reasonOf } from "../../errors.ts";
import { LinkDoneCard } from "../../link-done-card.tsx";
import { LinkProblemCard } from "../../link-problem-card.tsx";
import { useLinkToken } from "../../link-token.ts";
import { trpc } from "../../trpc.ts";
import { AuthCard } from "../../ui/auth-card.tsx";
import { Field } from "../../ui/field.tsx";
import { Form } from "../../ui/form.tsx";
import { PasswordInput } from "../../ui/password-input.tsx";

const chosen = z.object({ password: currentPassword });

const notChosenHere =
  "This is not the password that was chosen with this link. If you signed up more than once, open the mail of your other sign-up. If you did not ask for this mail, leave it alone.";

/**
 * Completes a sign-up. A button of its own, so that a program that follows links makes no account;
 * and the password is asked for, so that nobody confirms what a stranger began with their address.
 */
export function VerifyPage() {
  const token = useLinkToken("token");
  const form = useForm({ resolver: zodResolver(chosen), defaultValues: { password: "" } });
  const verify = useMutation(
    trpc.auth.verifyEmail.mutationOptions({
      onError: (error) => {
        if (reasonOf(error) === "invalid_credentials")
          form.setError("password", { message: notChosenHere }, { shouldFocus: true });
      },
    }),
  );
  const reason = reasonOf(verify.error);
  if (verify.isSuccess) {
    return (
      <LinkDoneCard title="Your account is ready">
        {verify.data.email} is confirmed. Sign in with the password you chose.
      </LinkDoneCard>
    );
  }
  if (!token || reason === "invalid_token") {
    return (
      <LinkProblemCard
        lead="It was used, has expired, or is not whole. Open the whole link of the mail, sign in if you have used it already, or sign up again."
        retry="/sign-up"
      />
    );
  }
  return (
    <AuthCard
      title="Confirm your address"
      lead="Go on only if you have just made an account here yourself."
    >
      <Form
        onSubmit={form.handleSubmit(({ password }) => verify.mutate({ token, password }))}
        submitError={
          reason === "invalid_credentials"
            ? null
            : messageOf(verify.error, {
                already_exists: "There is an account with this address already. Sign in instead.",
              })
        }
        pending={verify.isPending}
        submitLabel="Confirm and make my account"
        actions="block"
      >
        <Field
          label="Password"
          hint="The password that you chose when you signed up."
          error={form.formState.errors.password?.message}
        >
          {(control) => (
            <PasswordInput
              {...control}
              {...form.register("password")}
              autoComplete="current-password"
            />
          )}
        </Field>
      </Form>
    </AuthCard>
  );
}
