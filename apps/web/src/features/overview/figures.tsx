import { skipToken, useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Link, type LinkProps } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { DateTime } from "../../ui/date-time.tsx";
import { formatCount } from "../../ui/format-count.ts";
import { change, countLevels } from "./counts.ts";
import { graveLevels, graveQuery, mostCounted, newestQuery } from "./overview-queries.ts";
import type { PanelProps } from "./panel-props.ts";

/** The headline numbers, each a link to what it counts. */
export function Figures({ queries, range, refetchInterval }: PanelProps) {
  const { buckets } = useSuspenseQuery({ ...queries.timeline, refetchInterval }).data;
  const before = useQuery(queries.before ?? { queryKey: ["none"], queryFn: skipToken });
  const facet = useSuspenseQuery({ ...queries.activeAgents, refetchInterval }).data.facets[0];
  const newest = useSuspenseQuery(newestQuery).data.items[0];
  const events = countLevels(buckets);
  const grave = countLevels(buckets, graveLevels);
  const earlier = before.data?.buckets;
  const agents = facet?.values.length ?? 0;
  return (
    <ul className="grid grid-cols-2 gap-px overflow-hidden rounded-lg border bg-line lg:grid-cols-4">
      <Figure
        label="Events"
        link={{ to: "/events", search: { range } }}
        note={earlier && change(events, countLevels(earlier))}
      >
        {formatCount(events)}
      </Figure>
      <Figure
        label="Errors and worse"
        link={{ to: "/events", search: { range, query: graveQuery } }}
        note={earlier && change(grave, countLevels(earlier, graveLevels))}
      >
        <span className={grave > 0 ? "text-danger" : undefined}>{formatCount(grave)}</span>
      </Figure>
      <Figure
        label="Active agents"
        link={{ to: "/events", search: { range, by: "agentId" } }}
        note="sent at least one event"
      >
        {agents === mostCounted ? `${mostCounted} or more` : formatCount(agents)}
      </Figure>
      <Figure
        label="Last event"
        link={newest && { to: "/events", search: { event: newest.id } }}
        note={newest && <span className="font-mono">{newest.type}</span>}
      >
        <DateTime value={newest?.occurredAt ?? null} />
      </Figure>
    </ul>
  );
}

function Figure(props: {
  label: string;
  link: Pick<LinkProps, "to" | "search"> | undefined;
  note: ReactNode;
  children: ReactNode;
}) {
  return (
    <li className="relative min-w-0 bg-surface px-4 py-3 hover:bg-sunken/60">
      <div className="text-xs text-muted">
        {props.link ? (
          <Link {...props.link} className="after:absolute after:inset-0">
            {props.label}
          </Link>
        ) : (
          props.label
        )}
      </div>
      <div className="mt-0.5 truncate text-xl font-semibold tracking-tight">{props.children}</div>
      <div className="line-clamp-2 min-h-4.5 text-xs wrap-anywhere text-muted">{props.note}</div>
    </li>
  );
}
