import { useSuspenseInfiniteQuery } from "@tanstack/react-query";
import { Bot, Plus } from "lucide-react";
import { useState } from "react";
import { loadMoreProps } from "../../paging.ts";
import { useDenial } from "../../session.ts";
import { Button } from "../../ui/button.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { LoadMore } from "../../ui/load-more.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { AgentTable } from "./agent-table.tsx";
import { agentsQuery } from "./agents-query.ts";
import { CreateAgentDialog } from "./create-agent-dialog.tsx";

export function AgentsPage() {
  const query = useSuspenseInfiniteQuery(agentsQuery());
  const agents = query.data.pages.flatMap((page) => page.items);
  const [creating, setCreating] = useState(false);
  const denial = useDenial("agents:write");
  const newAgent = (
    <Button variant="primary" disabledReason={denial} onClick={() => setCreating(true)}>
      <Plus aria-hidden />
      New agent
    </Button>
  );
  return (
    <>
      <PageHeader
        title="Agents"
        description="Apps, services, scripts and AI agents that send events. Each has its own keys."
        actions={agents.length > 0 && newAgent}
      />
      {agents.length === 0 ? (
        <EmptyState icon={Bot} title="No agents yet" action={newAgent}>
          An agent stands for one thing that sends events. Register the first one, then give it an
          API key.
        </EmptyState>
      ) : (
        <>
          <AgentTable agents={agents} />
          <LoadMore
            shown={agents.length}
            noun={{ one: "agent", many: "agents" }}
            {...loadMoreProps(query)}
          />
        </>
      )}
      <CreateAgentDialog open={creating} onOpenChange={setCreating} />
    </>
  );
}
