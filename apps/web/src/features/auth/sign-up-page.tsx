import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useLinkToken } from "../../link-token.ts";
import { trpc } from "../../trpc.ts";
import { AuthCard } from "../../ui/auth-card.tsx";
import { Button } from "../../ui/button.tsx";
import { SignUpForm } from "./sign-up-form.tsx";

/** Makes an account, where the policy of the instance or an invitation allows it. */
export function SignUpPage() {
  const { signUp, setupNeeded } = useSuspenseQuery(trpc.setup.status.queryOptions()).data;
  const invitation = useLinkToken("invitation");
  if (setupNeeded) {
    return (
      <Refusal
        title="Not set up yet"
        lead="The first account is the administrator's. It is made with the setup link that the server printed when it started."
      />
    );
  }
  if (signUp === "closed") {
    return (
      <Refusal
        title="Sign-up is closed"
        lead="New accounts cannot be made here at the moment. Ask an administrator."
      />
    );
  }
  if (signUp === "invite" && !invitation) {
    return (
      <Refusal
        title="An invitation is needed"
        lead="Accounts are made by invitation. Open the whole link of the invitation you received, or ask an administrator for one."
      />
    );
  }
  return <SignUpForm invitation={invitation} />;
}

function Refusal({ title, lead }: { title: string; lead: string }) {
  return (
    <AuthCard title={title} lead={lead}>
      <Button asChild size="lg" className="w-full">
        <Link to="/sign-in">Back to sign in</Link>
      </Button>
    </AuthCard>
  );
}
