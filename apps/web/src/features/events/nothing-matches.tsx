import { Radio, SearchX } from "lucide-react";
import { Button } from "../../ui/button.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { useAsked, useTimeChoice, useUpdate } from "./use-explorer.ts";

/** Stands in the list's place when there are events, but none that match. */
export function NothingMatches({ live }: { live: boolean }) {
  const filtered = useAsked().text !== "";
  const { range, from, to } = useTimeChoice();
  const bounded = range !== "all" || from !== undefined || to !== undefined;
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
          {filtered && (
            <Button onClick={() => update({ query: undefined })}>Clear the query</Button>
          )}
        </>
      }
    >
      {live
        ? "The first one that matches appears here by itself."
        : "There are events, but none within this time range that pass this query."}
    </EmptyState>
  );
}
