import { useSuspenseInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { messageOf } from "../../errors.ts";
import { loadMoreProps } from "../../paging.ts";
import { LoadMore } from "../../ui/load-more.tsx";
import { Notice } from "../../ui/notice.tsx";
import { merge } from "./arrivals.ts";
import { EventList } from "./event-list.tsx";
import { listQuery } from "./events-queries.ts";
import type { View } from "./events-search.ts";
import { LiveBar } from "./live-bar.tsx";
import { Missed } from "./missed.tsx";
import { NothingMatches } from "./nothing-matches.tsx";
import { useArrivals } from "./use-arrivals.ts";
import { useLive, useSelected, useUpdate } from "./use-explorer.ts";

/** The matching events, newest first, with those that come in while the page is live. */
export function ListPanel({ view }: { view: View }) {
  const live = useLive();
  const selected = useSelected();
  const update = useUpdate();
  const query = useSuspenseInfiniteQuery(listQuery(view));
  const [paused, setPaused] = useState(false);
  const top = useRef<HTMLDivElement>(null);
  const away = useScrolledPast(top);
  const { arrivals, reload, ...tail } = useArrivals(view.filters, live, paused || away);
  const loaded = query.data.pages.flatMap((page) => page.items);
  const shown = merge(arrivals, loaded);
  const more = loadMoreProps(query);
  return (
    <>
      <div ref={top} className="scroll-mt-16" />
      {live && (
        <LiveBar
          {...tail}
          waiting={arrivals.held}
          paused={paused}
          onPause={setPaused}
          onShow={() => {
            setPaused(false);
            top.current?.scrollIntoView();
          }}
        />
      )}
      {live && <Missed {...arrivals} onReload={reload} />}
      {query.isRefetchError && (
        <div role="alert" className="mb-2">
          <Notice tone="warn">
            What is shown could not be loaded again. {messageOf(query.error)}{" "}
            <button type="button" className="underline" onClick={() => void query.refetch()}>
              Try again
            </button>
          </Notice>
        </div>
      )}
      {shown.length === 0 ? (
        <NothingMatches live={live} />
      ) : (
        <>
          <EventList
            arrivals={shown}
            selected={selected}
            onSelect={(event) => update({ event }, { replace: true })}
            hasMore={more.hasMore}
            // After a failure only the button tries again.
            onNearEnd={() => !more.pending && more.error === null && more.onMore()}
          />
          <LoadMore
            shown={shown.length}
            noun={{ one: "event loaded", many: "events loaded" }}
            {...more}
          />
        </>
      )}
    </>
  );
}

/** Whether the element has been scrolled out of the window at its top. */
function useScrolledPast(element: React.RefObject<HTMLElement | null>): boolean {
  const [past, setPast] = useState(false);
  useEffect(() => {
    if (!element.current) return;
    const observer = new IntersectionObserver(([entry]) => {
      if (entry) setPast(!entry.isIntersecting && entry.boundingClientRect.top < 0);
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return past;
}
