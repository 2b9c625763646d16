import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { trpc } from "../../trpc.ts";
import { Badge } from "../../ui/badge.tsx";
import { Notice } from "../../ui/notice.tsx";
import { levelWords, reachOf } from "./witness-words.ts";

/** How much the log is worth now. */
export function AssuranceCard() {
  const first = useSuspenseQuery(trpc.witnesses.assurance.queryOptions());
  const { data = first.data } = useQuery(
    trpc.witnesses.assurance.queryOptions(undefined, { refetchInterval: 10_000 }),
  );
  const { tone, meaning } = levelWords[data.level];
  return (
    <section aria-label="Assurance in force" className="mb-4 grid gap-2">
      {data.contradictions > 0 && (
        <Notice tone="danger">
          {data.contradictions === 1 ? "One place" : `${data.contradictions} places`} outside
          contradicts the log. Run muniment verify with what is kept there.
        </Notice>
      )}
      <div className="grid gap-1 rounded-lg border bg-surface px-4 py-3 text-sm">
        <p className="flex flex-wrap items-center gap-2">
          <Badge tone={tone}>{data.level}</Badge>
          <span className="font-medium">{reachOf(data)}</span>
        </p>
        <p className="max-w-prose text-muted">{meaning}</p>
      </div>
    </section>
  );
}
