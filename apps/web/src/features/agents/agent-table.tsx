import type { Agent } from "@muniment/shared/agents.ts";
import { Link } from "@tanstack/react-router";
import { DateTime } from "../../ui/date-time.tsx";
import { formatCount } from "../../ui/format-count.ts";
import { Cell, Row, Table } from "../../ui/table.tsx";
import { EnvironmentBadge } from "./environment-badge.tsx";

const columns = [
  { label: "Name" },
  { label: "Environment" },
  { label: "Events", align: "right" },
  { label: "Last event" },
  { label: "Active keys", align: "right" },
  { label: "Registered" },
] as const;

export function AgentTable({ agents }: { agents: readonly Agent[] }) {
  return (
    <Table caption="Agents" columns={columns}>
      {agents.map((agent) => (
        <Row key={agent.id}>
          <Cell className="max-w-80 min-w-44">
            <Link
              to="/agents/$id"
              params={{ id: agent.id }}
              className="block truncate font-medium hover:text-accent hover:underline"
            >
              {agent.name}
            </Link>
            {agent.description && (
              <span className="block truncate text-xs text-muted">{agent.description}</span>
            )}
          </Cell>
          <Cell>
            <EnvironmentBadge environment={agent.environment} />
          </Cell>
          <Cell align="right">{formatCount(agent.eventCount)}</Cell>
          <Cell>
            <DateTime value={agent.lastEventAt} />
          </Cell>
          <Cell align="right">{agent.activeKeyCount}</Cell>
          <Cell>
            <DateTime value={agent.createdAt} />
          </Cell>
        </Row>
      ))}
    </Table>
  );
}
