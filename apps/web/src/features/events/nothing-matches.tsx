import { Radio, SearchX } from "lucide-react";
import { Button } from "../../ui/button.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { useFilters, useSetFilters, useTimeChoice, useUpdate } from "./use-explorer.ts";

/** Stands in the list's place when there are events, but none that match. */
export function NothingMatches({ live }: { live: boolean }) {
  const filtered = Object.keys(useFilters()).length > 0;
  const { range, from, to } = useTimeChoice();
  const bounded = range !== "all" || from !== undefined || to !== undefined;
  const setFilters = useSetFilters();
  const update = useUpdate();
  return (
    <EmptyState
      icon={live ? Radio : SearchX}
      title={live ? "Waiting for events" : "No event matches"}
      action={
        <>
          {bounded && (
            <Button onClick={() => update({ range: "all", from: undefined, to: undefined })}>
              Search all time
            </Button>
          )}
          {filtered && <Button onClick={() => setFilters({})}>Clear the filters</Button>}
        </>
      }
    >
      {live
        ? "The first one that matches appears here by itself."
        : "There are events, but none within this time range and these filters."}
    </EmptyState>
  );
}
