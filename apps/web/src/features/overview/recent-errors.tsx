import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { LevelBadge } from "../../level-badge.tsx";
import { Card } from "../../ui/card.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { NoneYet } from "./none-yet.tsx";
import { graveQuery } from "./overview-queries.ts";
import type { PanelProps } from "./panel-props.ts";

export function RecentErrors({ queries, range, refetchInterval }: PanelProps) {
  const { items } = useSuspenseQuery({ ...queries.recentErrors, refetchInterval }).data;
  const search = { range, query: graveQuery };
  return (
    <Card
      title="Recent errors"
      actions={
        items.length > 0 && (
          <Link to="/events" search={search} className="text-sm text-accent hover:underline">
            All errors
          </Link>
        )
      }
    >
      {items.length === 0 && <NoneYet>No errors in this time.</NoneYet>}
      <ul className="-mx-1.5 grid grid-cols-[minmax(0,1fr)] gap-0.5">
        {items.map((event) => (
          <li key={event.id}>
            <Link
              to="/events"
              search={{ ...search, event: event.id }}
              className="flex min-h-7 items-center gap-2 rounded px-1.5 text-sm hover:bg-line/40"
            >
              <LevelBadge level={event.level} />
              <span className="min-w-0 grow truncate">
                {event.message ?? <span className="font-mono text-xs">{event.type}</span>}
              </span>
              <span className="text-xs text-muted">
                <DateTime value={event.occurredAt} />
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </Card>
  );
}
