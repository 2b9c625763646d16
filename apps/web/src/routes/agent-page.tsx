import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { AgentHeader } from "../features/agents/agent-header.tsx";
import { agentQuery } from "../features/agents/agent-query.ts";
import { DeliveriesSection } from "../features/agents/deliveries-section.tsx";
import { ApiKeysSection } from "../features/api-keys/api-keys-section.tsx";

const route = getRouteApi("/app/agents/$id");

export function AgentPage() {
  const { id } = route.useParams();
  const agent = useSuspenseQuery(agentQuery(id)).data;
  return (
    <>
      <AgentHeader agent={agent} />
      <DeliveriesSection agentId={agent.id} />
      <ApiKeysSection agentId={agent.id} />
    </>
  );
}
