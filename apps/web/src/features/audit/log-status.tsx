import { useQuery } from "@tanstack/react-query";
import { problemOf } from "../../errors.ts";
import { Badge } from "../../ui/badge.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import type { LogCheck } from "./check-log.ts";
import { logQuery } from "./log-query.ts";

const entries = (count: number) =>
  `${count.toLocaleString("en")} ${count === 1 ? "entry" : "entries"}`;

function sentenceOf(check: LogCheck & { ok: true }): string {
  return check.since === null
    ? "Signature verified in this browser, which sees the log for the first time."
    : `Signature verified in this browser; the ${entries(check.since)} it saw before are unchanged.`;
}

/** The log's newest checkpoint, and whether this browser found it right. */
export function LogStatus() {
  const query = useQuery(logQuery);
  const problem = query.error ? problemOf(query.error) : null;
  if (problem) {
    return (
      <div className="mb-4">
        <Notice tone="warn">The checkpoint could not be checked. {problem.message}</Notice>
      </div>
    );
  }
  if (!query.data) {
    return (
      <div role="status" className="mb-4 h-16 rounded-lg border bg-surface p-4">
        <span className="sr-only">Checking the log</span>
        <Skeleton className="w-2/3" />
      </div>
    );
  }
  const { checkpoint, check } = query.data;
  return (
    <section aria-label="State of the log" className="mb-4 grid gap-2">
      {checkpoint.problem && (
        <Notice tone="danger">
          The server does not extend the log: {checkpoint.problem}. Entries wait for their place.
        </Notice>
      )}
      {!check.ok && <Notice tone="danger">{check.reason}</Notice>}
      <div className="flex flex-wrap items-center gap-x-6 gap-y-1.5 rounded-lg border bg-surface px-4 py-2.5 text-sm">
        <Badge tone={check.ok ? "ok" : "danger"}>{check.ok ? "verified" : "not verified"}</Badge>
        <span>
          {entries(checkpoint.size)}, signed <DateTime value={checkpoint.at} />
        </span>
        <span className="text-muted">
          log <code className="font-mono text-xs break-all">{checkpoint.origin}</code>
        </span>
        <span className="flex min-w-0 items-center gap-1 text-muted">
          root{" "}
          <code className="truncate font-mono text-xs" title={checkpoint.rootHash}>
            {checkpoint.rootHash.slice(0, 12)}…
          </code>
          <CopyButton text={checkpoint.note} label="Copy the signed checkpoint" />
        </span>
        {check.ok && <span className="text-xs text-muted">{sentenceOf(check)}</span>}
      </div>
    </section>
  );
}
