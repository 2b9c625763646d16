import { useSuspenseQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import { trpc } from "./trpc.ts";

/** The agents that lists and charts can name; beyond the first hundred ids stand for themselves. */
export const namedAgentsQuery = trpc.agents.list.queryOptions({ limit: 100 });

/** Names agents by id. */
export function useAgentNames(): (id: string) => string {
  const { items } = useSuspenseQuery(namedAgentsQuery).data;
  return useCallback(
    (id) => items.find((agent) => agent.id === id)?.name ?? `…${id.slice(-8)}`,
    [items],
  );
}

/** Names agents by id as a query does: by the id itself where another has the same name. */
export function useQueryNames(): (id: string) => string {
  const { items } = useSuspenseQuery(namedAgentsQuery).data;
  return useCallback(
    (id) => {
      const name = items.find((agent) => agent.id === id)?.name;
      const namesakes = items.filter((agent) => agent.name === name);
      return name !== undefined && namesakes.length === 1 ? name : id;
    },
    [items],
  );
}
