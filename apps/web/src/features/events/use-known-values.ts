import type { KnownValues } from "@muniment/shared/event-query/complete.ts";
import { dimension } from "@muniment/shared/events.ts";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { namedAgentsQuery } from "../../agent-names.ts";
import { facetsQuery } from "./events-queries.ts";
import type { View } from "./events-search.ts";
import { pathsIn } from "./prop-paths.ts";
import { useLoadedEvents } from "./use-facet-fields.ts";

const staleMilliseconds = 60_000;
const needsQuotes = /[\s()"*]/;

const written = (value: string) =>
  needsQuotes.test(value) || value === "" ? `"${value.replaceAll(/["\\]/g, "\\$&")}"` : value;

/** The property whose value is being written at the end of a text, as a field; null when none is. */
export function openProp(text: string): string | null {
  const [, path] = /(?:^|[\s(-])(props\.[^\s()":=<>]+)(?:[<>]=?|[:=])[^\s()]*$/.exec(text) ?? [];
  return path !== undefined && dimension.safeParse(path).success ? path : null;
}

/**
 * What the person's events of the range hold, whatever the query, for completing the text before the
 * cursor. Counted only while somebody writes; what cannot be counted completes nothing.
 */
export function useKnownValues(view: View, writing: boolean, before: string): KnownValues {
  const agents = useSuspenseQuery(namedAgentsQuery).data.items;
  const events = useLoadedEvents(view);
  const all = { filters: {}, span: view.span };
  const prop = openProp(before);
  const options = { staleTime: staleMilliseconds, retry: false };
  const fixed = useQuery({
    ...facetsQuery(all, ["type", "subject"]),
    ...options,
    enabled: writing,
  });
  const values = useQuery({
    ...facetsQuery(all, [prop ?? "props.none"]),
    ...options,
    enabled: writing && prop !== null,
  });
  const valuesOf = (facets: typeof fixed.data, field: string) =>
    (facets?.facets.find((facet) => facet.field === field)?.values ?? []).flatMap(({ value }) =>
      value === null ? [] : [value],
    );
  return {
    agents: agents.map(({ name }) => name),
    types: valuesOf(fixed.data, "type"),
    subjects: valuesOf(fixed.data, "subject"),
    paths: pathsIn(events),
    valuesOf: (path) => valuesOf(values.data, `props.${path}`).map(written),
  };
}
