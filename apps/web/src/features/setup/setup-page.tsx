import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useLinkToken } from "../../link-token.ts";
import { trpc } from "../../trpc.ts";
import { AuthCard } from "../../ui/auth-card.tsx";
import { Button } from "../../ui/button.tsx";
import { CodeBlock } from "../../ui/code-block.tsx";
import { SetupForm } from "./setup-form.tsx";

/** Makes the first administrator, for whoever holds the link that the server printed. */
export function SetupPage() {
  const { setupNeeded } = useSuspenseQuery(trpc.setup.status.queryOptions()).data;
  const token = useLinkToken("token");
  if (!setupNeeded) return <AlreadySetUp />;
  return token ? <SetupForm token={token} /> : <MissingToken />;
}

function AlreadySetUp() {
  return (
    <AuthCard
      title="Muniment is set up"
      lead="The first administrator exists, so this link has done its work and cannot be used again."
    >
      <Button asChild variant="primary" size="lg" className="w-full">
        <Link to="/sign-in">Sign in</Link>
      </Button>
    </AuthCard>
  );
}

function MissingToken() {
  return (
    <AuthCard
      title="Open the setup link"
      lead="The first administrator is made with a one-time link. The server printed it when it started; the address of this page lacks its token."
    >
      <div className="grid gap-3 text-sm text-muted">
        <p>
          Look for a line like this in the terminal or the log of the server, and open it whole:
        </p>
        <CodeBlock code={`${location.origin}/setup#token=…`} label="Copy the example" />
        <p>Lost it? Restart the server: it prints a new link while there is no administrator.</p>
      </div>
    </AuthCard>
  );
}
