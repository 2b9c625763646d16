import type { Agent } from "@muniment/shared/agents.ts";
import { Link } from "@tanstack/react-router";
import { Activity, Ellipsis } from "lucide-react";
import { type ReactNode, useState } from "react";
import { valueQuery } from "../../event-query.ts";
import { useDenial } from "../../session.ts";
import { Button } from "../../ui/button.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { Dropdown, DropdownItem } from "../../ui/dropdown.tsx";
import { formatCount } from "../../ui/format-count.ts";
import { PageHeader } from "../../ui/page-header.tsx";
import { DeleteAgentDialog } from "./delete-agent-dialog.tsx";
import { EditAgentDialog } from "./edit-agent-dialog.tsx";
import { EnvironmentBadge } from "./environment-badge.tsx";

/** Name, actions and figures of one agent. */
export function AgentHeader({ agent }: { agent: Agent }) {
  const [dialog, setDialog] = useState<"edit" | "delete" | null>(null);
  const denial = useDenial("agents:write");
  return (
    <>
      <PageHeader
        title={agent.name}
        description={agent.description}
        back={
          <Link to="/agents" className="hover:text-ink hover:underline">
            Agents
          </Link>
        }
        actions={
          <>
            <Button asChild>
              <Link to="/events" search={{ query: valueQuery("agentId", agent.id) }}>
                <Activity aria-hidden />
                View events
              </Link>
            </Button>
            <Dropdown
              trigger={
                <Button size="icon" aria-label="More actions">
                  <Ellipsis aria-hidden />
                </Button>
              }
            >
              <DropdownItem disabledReason={denial} onSelect={() => setDialog("edit")}>
                Edit
              </DropdownItem>
              <DropdownItem danger disabledReason={denial} onSelect={() => setDialog("delete")}>
                Delete
              </DropdownItem>
            </Dropdown>
          </>
        }
      />
      <dl className="mb-6 grid grid-cols-2 divide-line overflow-hidden rounded-lg border bg-surface text-sm md:grid-cols-4 md:divide-x">
        <Figure term="Environment">
          <EnvironmentBadge environment={agent.environment} />
        </Figure>
        <Figure term="Events">{formatCount(agent.eventCount)}</Figure>
        <Figure term="Last event">
          <DateTime value={agent.lastEventAt} />
        </Figure>
        <Figure term="Registered">
          <DateTime value={agent.createdAt} />
        </Figure>
      </dl>
      <EditAgentDialog
        agent={agent}
        open={dialog === "edit"}
        onOpenChange={(open) => setDialog(open ? "edit" : null)}
      />
      <DeleteAgentDialog
        agent={agent}
        open={dialog === "delete"}
        onOpenChange={(open) => setDialog(open ? "delete" : null)}
      />
    </>
  );
}

function Figure({ term, children }: { term: string; children: ReactNode }) {
  return (
    <div className="px-4 py-3">
      <dt className="text-xs text-muted">{term}</dt>
      <dd className="mt-0.5 font-medium">{children}</dd>
    </div>
  );
}
