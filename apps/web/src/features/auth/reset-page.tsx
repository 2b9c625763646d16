import { useMutation } from "@tanstack/react-query";
import { LinkDoneCard } from "../../link-done-card.tsx";
import { LinkProblemCard } from "../../link-problem-card.tsx";
import { PasswordLinkPage } from "../../password-link-page.tsx";
import { trpc } from "../../trpc.ts";

/** Sets a new password, for whoever holds the link of the mail. */
export function ResetPage() {
  const reset = useMutation(trpc.auth.resetPassword.mutationOptions());
  return (
    <PasswordLinkPage
      purpose="password_reset"
      title="Set a new password"
      lead="Every session of your account ends with it."
      mutation={reset}
      done={
        <LinkDoneCard title="Your password is set">
          Every session of your account has ended. Sign in with the new password.
        </LinkDoneCard>
      }
      problem={
        <LinkProblemCard
          lead="It was used, has expired, or is not whole. Open the whole link of the newest mail, or get a new one."
          retry="/forgot"
        />
      }
    />
  );
}
