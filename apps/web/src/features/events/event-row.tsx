import type { Event } from "@muniment/shared/events.ts";
import { Link } from "@tanstack/react-router";
import { memo } from "react";
import { LevelBadge } from "../../level-badge.tsx";
import { cx } from "../../ui/class-names.ts";
import { EventTime } from "./event-time.tsx";
import { scalarProps } from "./prop-paths.ts";

/** Heights in pixels: one line, or two on a narrow window. */
export const rowHeights = { wide: 34, narrow: 58 } as const;

const columns = "md:grid-cols-[9.25rem_3.75rem_minmax(6rem,11.5rem)_minmax(0,1fr)] md:gap-x-3";

type Props = {
  event: Event;
  /** Its name, where there are several. */
  agent: string | undefined;
  /** Its place in the list, from 0. */
  place: number;
  /** Of the whole list, -1 while that is not known. */
  count: number;
  /** In pixels from the top of the list. */
  top: number;
  height: number;
  selected: boolean;
  /** Came in a moment ago. */
  fresh: boolean;
};

export const EventRow = memo(function EventRow(props: Props) {
  const { event, agent, place, count, top, height, selected, fresh } = props;
  return (
    <li
      aria-posinset={place + 1}
      aria-setsize={count}
      style={{ height, transform: `translateY(${top}px)` }}
      className={cx(
        "absolute inset-x-0 top-0 grid grid-cols-[auto_minmax(0,1fr)_auto] content-center items-center gap-x-2 gap-y-1 border-b px-3 text-sm transition-colors duration-1500 hover:bg-sunken/70 md:content-stretch",
        columns,
        fresh && "starting:bg-accent-soft",
        selected &&
          "bg-accent-soft/60 shadow-[inset_3px_0_0_var(--accent)] hover:bg-accent-soft/60",
      )}
    >
      <span className="order-3 font-mono text-xs md:order-none">
        <EventTime value={event.occurredAt} />
      </span>
      <span>
        <LevelBadge level={event.level} />
      </span>
      <span className="min-w-0 truncate font-mono text-xs" title={event.type}>
        <Link
          from="/events"
          to="."
          search={(search) => ({ ...search, event: event.id })}
          replace
          resetScroll={false}
          preload={false}
          data-event={event.id}
          aria-current={selected || undefined}
          className="after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent"
        >
          {event.type}
        </Link>
      </span>
      <span className="order-4 col-span-3 flex min-w-0 gap-2 text-xs text-muted md:order-none md:col-span-1 md:text-ink">
        <span dir="auto" className="min-w-0 grow truncate">
          {event.message ?? <span className="text-muted">{summary(event)}</span>}
        </span>
        {agent && <span className="max-w-32 shrink-0 truncate text-muted">{agent}</span>}
      </span>
    </li>
  );
});

/** The head of the columns, for the windows that have them side by side. */
export function EventListHead() {
  return (
    <div
      aria-hidden
      className={cx(
        "hidden h-8 items-center border-b px-3 text-xs font-medium text-faint md:grid",
        columns,
      )}
    >
      {["Time", "Level", "Type", "Message"].map((name) => (
        <span key={name}>{name}</span>
      ))}
    </div>
  );
}

function summary(event: Event): string {
  return scalarProps(event.props)
    .slice(0, 6)
    .map(([path, value]) => `${path}=${value}`)
    .join("  ");
}
