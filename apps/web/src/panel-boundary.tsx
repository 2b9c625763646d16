import { QueryErrorResetBoundary } from "@tanstack/react-query";
import { CatchBoundary } from "@tanstack/react-router";
import { type ReactNode, Suspense } from "react";
import { problemOf } from "./errors.ts";
import { Button } from "./ui/button.tsx";
import { Notice } from "./ui/notice.tsx";

type Props = {
  /** What failed, as a sentence's start: "The chart". */
  name: string;
  /** A change of it is a reason to try again. */
  resetKey: string;
  fallback: ReactNode;
  /** Offered beside the failure, to ask for something else. */
  remedy?: ReactNode;
  children: ReactNode;
};

/** Keeps the failure of one part of the page from taking the others along. */
export function PanelBoundary({ name, resetKey, fallback, remedy, children }: Props) {
  return (
    <QueryErrorResetBoundary>
      {({ reset: resetQueries }) => (
        <CatchBoundary
          getResetKey={() => resetKey}
          errorComponent={({ error, reset }) => (
            <PanelProblem
              name={name}
              error={error}
              remedy={remedy}
              onRetry={() => {
                resetQueries();
                reset();
              }}
            />
          )}
        >
          <Suspense fallback={fallback}>{children}</Suspense>
        </CatchBoundary>
      )}
    </QueryErrorResetBoundary>
  );
}

type ProblemProps = { name: string; error: unknown; remedy: ReactNode; onRetry: () => void };

function PanelProblem(props: ProblemProps) {
  const { message, requestId } = problemOf(props.error);
  return (
    <div role="alert">
      <Notice tone="danger">
        <p className="font-semibold">{props.name} could not be loaded</p>
        <p>{message}</p>
        {requestId && (
          <p className="mt-1 text-xs">
            Request <code className="font-mono break-all">{requestId}</code>
          </p>
        )}
        <div className="mt-2 flex flex-wrap items-center gap-2">
          {props.remedy}
          <Button size="sm" onClick={props.onRetry}>
            Try again
          </Button>
        </div>
      </Notice>
    </div>
  );
}
