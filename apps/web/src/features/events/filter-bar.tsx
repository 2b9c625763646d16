import { useIsFetching } from "@tanstack/react-query";
import { Radio, RefreshCw } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "../../ui/button.tsx";
import { cx } from "../../ui/class-names.ts";
import { AddFilter } from "./add-filter.tsx";
import { eventsKey } from "./events-queries.ts";
import type { View } from "./events-search.ts";
import { QueryBox } from "./query-box.tsx";
import { TimeRange } from "./time-range.tsx";
import { useLive, useTimeChoice, useUpdate } from "./use-explorer.ts";

type Props = {
  view: View;
  onRefresh: () => void;
  /** Stands beside the filters. */
  children: ReactNode;
};

export function FilterBar({ view, onRefresh, children }: Props) {
  return (
    <search aria-label="Filters" className="mb-3 grid gap-2">
      <QueryBox view={view} />
      <div className="flex flex-wrap items-center gap-2">
        <AddFilter />
        {children}
        <div className="grow" />
        <TimeRange />
        <RefreshButton onRefresh={onRefresh} />
        <LiveToggle onEnd={onRefresh} />
      </div>
    </search>
  );
}

function RefreshButton({ onRefresh }: { onRefresh: () => void }) {
  const loading = useIsFetching({ queryKey: eventsKey }) > 0;
  // Live, something is loaded all the time.
  const spinning = useLive() ? false : loading;
  return (
    <Button size="icon" aria-label="Load again" title="Load again" onClick={onRefresh}>
      <RefreshCw aria-hidden className={spinning ? "animate-spin" : undefined} />
    </Button>
  );
}

function LiveToggle({ onEnd }: { onEnd: () => void }) {
  const live = useLive();
  const { range } = useTimeChoice();
  const update = useUpdate();
  const toggle = () => {
    if (live) {
      update({ live: undefined });
      onEnd();
    } else {
      // What happens now lies outside of a fixed range.
      update({ live: true, range: range ?? "24h", from: undefined, to: undefined });
    }
  };
  return (
    <Button
      aria-pressed={live}
      onClick={toggle}
      className={cx(live && "border-accent bg-accent-soft text-accent dark:bg-accent-soft")}
    >
      <Radio aria-hidden />
      Live
    </Button>
  );
}
