import { useMutation } from "@tanstack/react-query";
import { messageOf, reasonOf } from "../../errors.ts";
import { LinkDoneCard } from "../../link-done-card.tsx";
import { LinkProblemCard } from "../../link-problem-card.tsx";
import { useLinkToken } from "../../link-token.ts";
import { trpc } from "../../trpc.ts";
import { AuthCard } from "../../ui/auth-card.tsx";
import { Form } from "../../ui/form.tsx";

/** Completes a sign-up. A button of its own, so that a program that follows links makes no account. */
export function VerifyPage() {
  const token = useLinkToken("token");
  const verify = useMutation(trpc.auth.verifyEmail.mutationOptions());
  if (verify.isSuccess) {
    return (
      <LinkDoneCard title="Your account is ready">
        {verify.data.email} is confirmed. Sign in with the password you chose.
      </LinkDoneCard>
    );
  }
  if (!token || reasonOf(verify.error) === "invalid_token") {
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
        onSubmit={(event) => {
          event.preventDefault();
          verify.mutate({ token });
        }}
        submitError={messageOf(verify.error, {
          already_exists: "There is an account with this address already. Sign in instead.",
        })}
        pending={verify.isPending}
        submitLabel="Confirm and make my account"
        actions="block"
      >
        {null}
      </Form>
    </AuthCard>
  );
}
