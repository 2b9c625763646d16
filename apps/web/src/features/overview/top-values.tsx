import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { valueQuery } from "../../event-query.ts";
import { Card } from "../../ui/card.tsx";
import { formatCount } from "../../ui/format-count.ts";
import { NoneYet } from "./none-yet.tsx";
import type { PanelProps } from "./panel-props.ts";

const titles = { type: "Most frequent types", subject: "Most frequent subjects" } as const;

/** The most frequent values of a field, each a link to its events. */
export function TopValues(props: PanelProps & { field: "type" | "subject" }) {
  const { queries, range, refetchInterval, field } = props;
  const { facets } = useSuspenseQuery({ ...queries.top, refetchInterval }).data;
  const values = (facets.find((facet) => facet.field === field)?.values ?? []).flatMap(
    ({ value, count }) => (value === null ? [] : [{ value, count }]),
  );
  const most = Math.max(1, ...values.map(({ count }) => count));
  return (
    <Card title={titles[field]}>
      {values.length === 0 && <NoneYet>No event of this time has one.</NoneYet>}
      <ul className="-mx-1.5 grid grid-cols-[minmax(0,1fr)] gap-0.5">
        {values.map(({ value, count }) => (
          <li key={value} className="relative isolate">
            <span
              aria-hidden
              className="absolute inset-y-px left-0 -z-10 rounded-sm bg-line/55"
              style={{ width: `${(count / most) * 100}%` }}
            />
            <Link
              to="/events"
              search={{ range, query: valueQuery(field, value) }}
              className="flex h-7 items-center gap-3 rounded px-1.5 text-sm hover:bg-line/40"
            >
              <span className="min-w-0 grow truncate font-mono text-xs">{value}</span>
              <span className="text-xs text-muted">{formatCount(count)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </Card>
  );
}
