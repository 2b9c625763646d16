import { Link } from "@tanstack/react-router";
import { FileQuestion } from "lucide-react";
import { Button } from "../../ui/button.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";

export function NotFoundPage() {
  return (
    <div className="mx-auto max-w-2xl p-4">
      <title>Not found · Muniment</title>
      <EmptyState
        heading="h1"
        icon={FileQuestion}
        title="There is nothing here"
        action={
          <Button asChild>
            <Link to="/">Go to the overview</Link>
          </Button>
        }
      >
        The address is wrong, or what was here has been deleted, or it belongs to somebody else.
      </EmptyState>
    </div>
  );
}
