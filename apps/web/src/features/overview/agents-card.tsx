import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { namedAgentsQuery } from "../../agent-names.ts";
import { valueQuery } from "../../event-query.ts";
import { Card } from "../../ui/card.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { formatCompact } from "../../ui/format-count.ts";
import { NoneYet } from "./none-yet.tsx";
import type { PanelProps } from "./panel-props.ts";

const listed = 8;

/** The agents that sent something last. */
export function AgentsCard({
  range,
  refetchInterval,
}: Pick<PanelProps, "range" | "refetchInterval">) {
  const agents = useSuspenseQuery({
    ...namedAgentsQuery,
    refetchInterval,
    // What named the agents elsewhere may have been loaded before their first event.
    refetchOnMount: "always",
  })
    .data.items.toSorted((a, b) => (b.lastEventAt ?? "").localeCompare(a.lastEventAt ?? ""))
    .slice(0, listed);
  return (
    <Card
      title="Agents"
      actions={
        <Link to="/agents" className="text-sm text-accent hover:underline">
          All agents
        </Link>
      }
    >
      {agents.length === 0 && <NoneYet>No agent is registered.</NoneYet>}
      <ul className="-mx-1.5 grid grid-cols-[minmax(0,1fr)] gap-0.5">
        {agents.map((agent) => (
          <li key={agent.id}>
            <Link
              to="/events"
              search={{ range, query: valueQuery("agentId", agent.id) }}
              className="flex h-7 items-center gap-3 rounded px-1.5 text-sm hover:bg-line/40"
            >
              <span className="min-w-0 grow truncate">{agent.name}</span>
              <span className="text-xs whitespace-nowrap text-muted">
                {formatCompact(agent.eventCount)} events
              </span>
              <span className="w-20 text-right text-xs text-muted">
                <DateTime value={agent.lastEventAt} none="silent" />
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </Card>
  );
}
