import { useMutation } from "@tanstack/react-query";
import { messageOf, reasonOf } from "../../errors.ts";
import { LinkDoneCard } from "../../link-done-card.tsx";
import { LinkProblemCard } from "../../link-problem-card.tsx";
import { useLinkToken } from "../../link-token.ts";
import { NewPasswordForm } from "../../new-password-form.tsx";
import { trpc } from "../../trpc.ts";
import { AuthCard } from "../../ui/auth-card.tsx";

/** Sets a new password, for whoever holds the link of the mail. */
export function ResetPage() {
  const token = useLinkToken("token");
  const reset = useMutation(trpc.auth.resetPassword.mutationOptions());
  if (reset.isSuccess) {
    return (
      <LinkDoneCard title="Your password is set">
        Every session of your account has ended. Sign in with the new password.
      </LinkDoneCard>
    );
  }
  if (!token || reasonOf(reset.error) === "invalid_token") {
    return (
      <LinkProblemCard
        lead="It was used, has expired, or is not whole. Open the whole link of the newest mail, or get a new one."
        retry="/forgot"
      />
    );
  }
  return (
    <AuthCard title="Set a new password" lead="Every session of your account ends with it.">
      <NewPasswordForm
        onSubmit={(password) => reset.mutate({ token, password })}
        submitError={messageOf(reset.error)}
        pending={reset.isPending}
      />
    </AuthCard>
  );
}
