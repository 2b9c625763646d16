import { useIsFetching } from "@tanstack/react-query";
import { Radio, RefreshCw, X } from "lucide-react";
import { useEffect, useRef } from "react";
import { useAgentNames } from "../../agent-names.ts";
import { Button } from "../../ui/button.tsx";
import { cx } from "../../ui/class-names.ts";
import { SearchInput } from "../../ui/search-input.tsx";
import { useDebounced } from "../../ui/use-debounced.ts";
import { AddFilter } from "./add-filter.tsx";
import { eventsKey } from "./events-queries.ts";
import { type Chip, chipsOf } from "./filter-chips.ts";
import { TimeRange } from "./time-range.tsx";
import { useFilters, useLive, useSetFilters, useTimeChoice, useUpdate } from "./use-explorer.ts";

const typingMilliseconds = 300;

export function FilterBar({ onRefresh }: { onRefresh: () => void }) {
  const filters = useFilters();
  const setFilters = useSetFilters();
  const chips = chipsOf(filters, useAgentNames());
  return (
    <search aria-label="Filters" className="mb-3 grid gap-2">
      <div className="flex flex-wrap items-center gap-2">
        <div className="min-w-48 grow basis-64">
          <TextFilter />
        </div>
        <TimeRange />
        <RefreshButton onRefresh={onRefresh} />
        <LiveToggle onEnd={onRefresh} />
      </div>
      <div className="flex flex-wrap items-center gap-1.5">
        {chips.map((chip) => (
          <FilterChip key={chip.key} chip={chip} onRemove={() => setFilters(chip.without)} />
        ))}
        <AddFilter />
        {Object.keys(filters).length > 0 && (
          <Button variant="ghost" size="sm" onClick={() => setFilters({})}>
            Clear
          </Button>
        )}
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

function FilterChip({ chip, onRemove }: { chip: Chip; onRemove: () => void }) {
  return (
    <Button
      size="sm"
      title="Remove"
      className="max-w-full min-w-0 shrink border-accent/40 bg-accent-soft text-ink dark:bg-accent-soft"
      onClick={onRemove}
    >
      <span className="sr-only">Remove the filter </span>
      <span className="shrink-0 font-normal whitespace-pre text-muted">{`${chip.name} `}</span>
      <span className="truncate font-mono">{chip.value}</span>
      <X aria-hidden className="text-muted" />
    </Button>
  );
}

/** The box keeps what is typed; the address follows it, and the other way round on going back. */
function TextFilter() {
  const { text = "" } = useFilters();
  const update = useUpdate();
  const input = useRef<HTMLInputElement>(null);
  const debounced = useDebounced(
    (typed: string) => update({ text: typed.trim() || undefined }, { replace: true }),
    typingMilliseconds,
  );
  useEffect(() => {
    const box = input.current;
    if (box && document.activeElement !== box) box.value = text;
  }, [text]);
  return (
    <SearchInput
      ref={input}
      aria-label="Search in messages"
      placeholder="Search in messages"
      maxLength={256}
      defaultValue={text}
      onChange={(event) => debounced(event.target.value)}
    />
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
