import { uuid } from "@muniment/shared/values.ts";
import { createRoute, lazyRouteComponent, notFound } from "@tanstack/react-router";
import { agentQuery } from "../features/agents/agent-query.ts";
import { deliveriesQuery } from "../features/agents/deliveries-query.ts";
import { apiKeysQuery } from "../features/api-keys/api-keys-query.ts";
import { NotFoundPage } from "../features/problems/not-found-page.tsx";
import { queryClient } from "../query-client.ts";
import { requirePermission } from "../session.ts";
import { appRoute } from "./app.tsx";

export const agentRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/agents/$id",
  beforeLoad: ({ context, params }) => {
    requirePermission(context.me, "agents:read");
    if (!uuid.safeParse(params.id).success) throw notFound();
  },
  loader: ({ params: { id } }) =>
    Promise.all([
      queryClient.ensureQueryData(agentQuery(id)),
      queryClient.ensureQueryData(deliveriesQuery(id)),
      queryClient.ensureInfiniteQueryData(apiKeysQuery(id)),
    ]),
  notFoundComponent: NotFoundPage,
  component: lazyRouteComponent(() => import("./agent-page.tsx"), "AgentPage"),
});
