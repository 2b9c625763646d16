import { useSuspenseQuery } from "@tanstack/react-query";
import { useDeferredValue } from "react";
import { AddFacet } from "./add-facet.tsx";
import { facetsQuery, fixedFields } from "./events-queries.ts";
import type { View } from "./events-search.ts";
import { Facet } from "./facet.tsx";
import { useAddedFacets, useLive, useUpdate } from "./use-explorer.ts";
import { useFacetFields, useLoadedEvents } from "./use-facet-fields.ts";

/** What most questions begin with stands above the properties. */
const shownFirst = 2;
const liveMilliseconds = 10_000;

/** Values with counts: of the fields that every event has, then of properties. */
export function FacetList({ view }: { view: View }) {
  const { fields, others } = useFacetFields(view);
  // Another choice of fields is loaded behind the present one.
  const shown = useDeferredValue(fields);
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
      <Facets view={view} fields={fixedFields} from={0} to={shownFirst} />
      {shown.length > 0 && <Facets view={view} fields={shown} />}
      <AddFacet paths={others} />
      <Facets view={view} fields={fixedFields} from={shownFirst} />
    </div>
  );
}

type Props = { view: View; fields: readonly string[]; from?: number; to?: number };

/** Counts all `fields` in one call and shows those from one place to another. */
function Facets({ view, fields, from, to }: Props) {
  const live = useLive();
  const added = useAddedFacets();
  const update = useUpdate();
  const events = useLoadedEvents(view);
  const { facets } = useSuspenseQuery({
    ...facetsQuery(view, fields),
    refetchInterval: live && liveMilliseconds,
  }).data;
  return facets
    .slice(from, to)
    .map((facet) => (
      <Facet
        key={facet.field}
        {...facet}
        events={events}
        onRemove={
          added.includes(facet.field)
            ? () => update({ facets: added.filter((field) => field !== facet.field) })
            : undefined
        }
      />
    ));
}
