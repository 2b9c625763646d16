import type { Event } from "@muniment/shared/events.ts";
import { useQueryClient } from "@tanstack/react-query";
import { useSubscription } from "@trpc/tanstack-react-query";
import { useEffect, useRef, useState } from "react";
import type { EventFilters } from "../../event-timeline.ts";
import { trpc } from "../../trpc.ts";
import { type Arrivals, arrive, hold, miss, noArrivals } from "./arrivals.ts";
import { eventsKey } from "./events-queries.ts";

/** The list is painted at most this often, however fast events come. */
const paintMilliseconds = 250;

/** The matching events that come in while `enabled`; while `holding`, they are only counted. */
export function useArrivals(filters: EventFilters, enabled: boolean, holding: boolean) {
  const [arrivals, setArrivals] = useState<Arrivals>(noArrivals);
  const waiting = useRef<Event[]>([]);
  const opened = useRef(false);
  const queryClient = useQueryClient();
  const tail = useSubscription(
    trpc.events.tail.subscriptionOptions(filters, {
      enabled,
      onData: ({ data: message }) => {
        if (message.kind === "event") waiting.current.push(message.event);
        if (message.kind === "skipped") setArrivals((state) => miss(state, message.count));
        if (opened.current) return;
        opened.current = true;
        // The list was loaded before the tail opened; what came between is in neither.
        void queryClient.invalidateQueries({ queryKey: eventsKey });
      },
    }),
  );

  // Other filters start another tail, and with it another list of arrivals.
  useEffect(() => {
    if (!enabled) return;
    opened.current = false;
    const timer = setInterval(() => {
      if (waiting.current.length === 0) return;
      const events = waiting.current.splice(0);
      setArrivals((state) => arrive(state, events, Date.now()));
    }, paintMilliseconds);
    return () => {
      clearInterval(timer);
      waiting.current = [];
      setArrivals(noArrivals);
    };
  }, [enabled, filters]);

  useEffect(() => setArrivals((state) => hold(state, holding)), [holding]);

  /** Shows the list as it is now, without what came in. */
  const reload = () => {
    setArrivals(({ holding }) => ({ ...noArrivals, holding }));
    void queryClient.invalidateQueries({ queryKey: eventsKey });
  };

  return { arrivals, reload, status: tail.status, error: tail.error, reconnect: tail.reset };
}
