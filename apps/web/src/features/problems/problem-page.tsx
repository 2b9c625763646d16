import { useQueryErrorResetBoundary } from "@tanstack/react-query";
import { type ErrorComponentProps, useRouter } from "@tanstack/react-router";
import { useEffect } from "react";
import { problemOf } from "../../errors.ts";
import { NotPermittedError } from "../../session.ts";
import { ErrorState } from "../../ui/error-state.tsx";
import { PageSkeleton } from "../../ui/skeleton.tsx";
import { NotFoundPage } from "./not-found-page.tsx";
import { NotPermittedPage } from "./not-permitted-page.tsx";

/** The error boundary of every route: refusals, failures of the server, and bugs of the page. */
export function ProblemPage({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const { reset: resetQueries } = useQueryErrorResetBoundary();
  useEffect(() => resetQueries(), [resetQueries]);

  if (error instanceof NotPermittedError) return <NotPermittedPage sentence={error.message} />;
  const problem = problemOf(error);
  if (problem.reason === "not_permitted") return <NotPermittedPage sentence={problem.message} />;
  if (problem.reason === "not_found") return <NotFoundPage />;
  // The way to the sign-in page has begun already.
  if (problem.reason === "not_signed_in") return <PageSkeleton />;
  return (
    <div className="mx-auto max-w-2xl">
      <title>Error · Muniment</title>
      <ErrorState
        title="This page could not be loaded"
        message={problem.message}
        requestId={problem.requestId}
        onRetry={() => {
          reset();
          void router.invalidate();
        }}
      />
    </div>
  );
}
