import type { Anomaly } from "@muniment/shared/insights.ts";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useAgentNames } from "../../agent-names.ts";
import { anomaliesQuery, isAsked, rangeAround } from "../../anomalies.ts";
import { readQuery } from "../../event-query.ts";
import type { View } from "./events-search.ts";

const none: readonly Anomaly[] = [];
const nobody = { agentId: "", type: "" };

/**
 * What stands out among the events of a view. It is asked for by whole ranges, so that going to and fro
 * in time asks nothing anew, and not at all where the view is of more than agents and types.
 */
export function useAnomalies({ filters, span }: View): {
  items: readonly Anomaly[];
  /** There are older ones than those that were asked for. */
  isCut: boolean;
} {
  const agentName = useAgentNames();
  const { query } = readQuery(filters.query ?? "");
  const isOfSeries = query !== null && isAsked(query, nobody, "") !== null;
  const range = isOfSeries && span ? rangeAround(span) : null;
  const { data } = useQuery({
    ...anomaliesQuery(range ?? "24h"),
    enabled: range !== null,
    // A refusal over the limit is not asked for again by going to and fro.
    retryOnMount: false,
  });
  const items = useMemo(
    () =>
      range !== null && query && data
        ? data.items.filter((item) => isAsked(query, item, agentName(item.agentId)) === true)
        : none,
    [range, query, data, agentName],
  );
  const oldest = data?.items.at(-1);
  const isCut = Boolean(
    range !== null &&
      span &&
      oldest &&
      data?.nextCursor &&
      Date.parse(span.from) < Date.parse(oldest.at),
  );
  return { items, isCut };
}
