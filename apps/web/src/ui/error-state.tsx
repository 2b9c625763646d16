import { CircleAlert } from "lucide-react";
import { Button } from "./button.tsx";
import { CopyButton } from "./copy-button.tsx";

type Props = {
  title: string;
  message: string;
  /** Quoted so that an operator can find the failure in the server's log. */
  requestId?: string | null;
  onRetry?: (() => void) | undefined;
};

export function ErrorState({ title, message, requestId, onRetry }: Props) {
  return (
    <div
      role="alert"
      className="grid justify-items-center gap-1 rounded-lg border border-dashed border-line-strong px-6 py-12 text-center"
    >
      <CircleAlert aria-hidden strokeWidth={1.5} className="mb-2 size-7 text-danger" />
      <h1 className="text-base font-semibold">{title}</h1>
      <p className="max-w-md text-sm text-balance text-muted">{message}</p>
      {requestId && (
        <p className="mt-2 flex items-center gap-1 text-xs text-muted">
          Request <code className="font-mono">{requestId}</code>
          <CopyButton text={requestId} label="Copy the request id" />
        </p>
      )}
      {onRetry && (
        <Button className="mt-4" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}
