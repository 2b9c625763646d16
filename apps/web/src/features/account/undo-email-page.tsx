import { useMutation } from "@tanstack/react-query";
import { messageOf, reasonOf } from "../../errors.ts";
import { LinkDoneCard } from "../../link-done-card.tsx";
import { LinkProblemCard } from "../../link-problem-card.tsx";
import { useLinkToken } from "../../link-token.ts";
import { NewPasswordForm } from "../../new-password-form.tsx";
import { trpc } from "../../trpc.ts";
import { AuthCard } from "../../ui/auth-card.tsx";

/** Takes a change of address back that its owner did not make. */
export function UndoEmailPage() {
  const token = useLinkToken("token");
  const undo = useMutation(trpc.account.undoEmail.mutationOptions());
  if (undo.isSuccess) {
    return (
      <LinkDoneCard title="The change is taken back">
        Your account has this address again, and every session has ended. Sign in with the new
        password, and look whether second factors, agents and API keys are still yours.
      </LinkDoneCard>
    );
  }
  if (!token || reasonOf(undo.error) === "invalid_token") {
    return (
      <LinkProblemCard lead="It was used, has expired after three days, or is not whole. Ask an administrator for help." />
    );
  }
  return (
    <AuthCard
      title="Take the change of address back"
      lead="Your account gets its former address again. Choose a new password: whoever changed the address knew the old one."
    >
      <NewPasswordForm
        onSubmit={(password) => undo.mutate({ token, password })}
        submitError={messageOf(undo.error, {
          already_exists:
            "Another account was made with this address meanwhile. Ask an administrator for help.",
        })}
        pending={undo.isPending}
      />
    </AuthCard>
  );
}
