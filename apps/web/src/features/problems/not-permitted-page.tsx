import { Link } from "@tanstack/react-router";
import { LockKeyhole } from "lucide-react";
import { Button } from "../../ui/button.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";

/** Shown in place of a page that the role may not see; `sentence` says who may. */
export function NotPermittedPage({ sentence }: { sentence: string }) {
  return (
    <div className="mx-auto max-w-2xl">
      <title>Not allowed · Muniment</title>
      <EmptyState
        heading="h1"
        icon={LockKeyhole}
        title="You may not see this page"
        action={
          <Button asChild>
            <Link to="/">Go to the overview</Link>
          </Button>
        }
      >
        {sentence} If you need it, ask an administrator to change your role.
      </EmptyState>
    </div>
  );
}
