import { useMutation } from "@tanstack/react-query";
import { LinkDoneCard } from "../../link-done-card.tsx";
import { LinkProblemCard } from "../../link-problem-card.tsx";
import { PasswordLinkPage } from "../../password-link-page.tsx";
import { trpc } from "../../trpc.ts";

/** Takes a change of address back that its owner did not make. */
export function UndoEmailPage() {
  const undo = useMutation(trpc.account.undoEmail.mutationOptions());
  return (
    <PasswordLinkPage
      purpose="email_undo"
      title="Take the change of address back"
      lead="Your account gets its former address again. Choose a new password: whoever changed the address knew the old one."
      mutation={undo}
      sentences={{
        already_exists:
          "Another account was made with this address meanwhile. Ask an administrator for help.",
      }}
      done={
        <LinkDoneCard title="The change is taken back">
          Your account has this address again, and every session has ended. Sign in with the new
          password, and look whether second factors, agents and API keys are still yours.
        </LinkDoneCard>
      }
      problem={
        <LinkProblemCard lead="It was used, has expired after three days, or is not whole. Ask an administrator for help." />
      }
    />
  );
}
