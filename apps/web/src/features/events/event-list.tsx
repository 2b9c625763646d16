import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { useAgentNames } from "../../agent-names.ts";
import type { Arrival } from "./arrivals.ts";
import { EventListHead, EventRow, rowHeights } from "./event-row.tsx";
import { useListKeys } from "./use-list-keys.ts";
import { useWide } from "./use-wide.ts";

type Props = {
  arrivals: readonly Arrival[];
  selected: string | undefined;
  onSelect: (id: string | undefined) => void;
  hasMore: boolean;
  /** Called when the end of the list comes near. */
  onNearEnd: () => void;
};

const freshMilliseconds = 2000;
/** How many rows before the end more are loaded. */
const nearEnd = 20;
/** What sticks to the top of the window covers rows. */
const coveredPixels = 96;

/** Only the rows in sight are in the document; the window scrolls. */
export function EventList({ arrivals, selected, onSelect, hasMore, onNearEnd }: Props) {
  const frame = useRef<HTMLUListElement>(null);
  const agentName = useAgentNames();
  const severalAgents = new Set(arrivals.map(({ event }) => event.agentId)).size > 1;
  const height = useWide() ? rowHeights.wide : rowHeights.narrow;
  const [offset, setOffset] = useState(0);
  useLayoutEffect(() => {
    if (frame.current) setOffset(frame.current.getBoundingClientRect().top + scrollY);
  });
  const virtualizer = useWindowVirtualizer({
    count: arrivals.length,
    estimateSize: () => height,
    getItemKey: (place) => arrivals[place]?.event.id ?? place,
    overscan: 10,
    scrollMargin: offset,
    scrollPaddingStart: coveredPixels,
    scrollPaddingEnd: height,
  });
  useEffect(() => virtualizer.measure(), [height]);
  useListKeys({
    ids: arrivals.map(({ event }) => event.id),
    selected,
    onSelect,
    onMove: (place) => virtualizer.scrollToIndex(place, { align: "auto" }),
  });
  const rows = virtualizer.getVirtualItems();
  const reached = (rows.at(-1)?.index ?? 0) >= arrivals.length - nearEnd;
  useEffect(() => {
    if (reached && hasMore) onNearEnd();
  });
  const now = Date.now();
  return (
    <div className="overflow-hidden rounded-lg border bg-surface">
      <EventListHead />
      <ul
        ref={frame}
        aria-label="Events"
        className="relative"
        style={{ height: virtualizer.getTotalSize() }}
      >
        {rows.map(({ index, start, size, key }) => {
          const arrival = arrivals[index];
          return (
            arrival && (
              <EventRow
                key={key}
                event={arrival.event}
                agent={severalAgents ? agentName(arrival.event.agentId) : undefined}
                place={index}
                count={hasMore ? -1 : arrivals.length}
                top={start - offset}
                height={size}
                selected={arrival.event.id === selected}
                fresh={now - arrival.at < freshMilliseconds}
              />
            )
          );
        })}
      </ul>
    </div>
  );
}
