import { Link } from "@tanstack/react-router";
import { AuthCard } from "./ui/auth-card.tsx";
import { Button } from "./ui/button.tsx";

/** Stands where a page was opened without the token of its link, or with one that does not work any more. */
export function LinkProblemCard({ lead, retry }: { lead: string; retry?: "/forgot" | "/sign-up" }) {
  return (
    <AuthCard title="This link does not work" lead={lead}>
      <div className="grid gap-2">
        {retry && (
          <Button asChild variant="primary" size="lg">
            <Link to={retry}>{retry === "/forgot" ? "Get a new link" : "Sign up again"}</Link>
          </Button>
        )}
        <Button asChild size="lg">
          <Link to="/sign-in">Back to sign in</Link>
        </Button>
      </div>
    </AuthCard>
  );
}
