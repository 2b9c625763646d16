import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { agentsQuery } from "../features/agents/agents-query.ts";
import { queryClient } from "../query-client.ts";
import { requirePermission } from "../session.ts";
import { appRoute } from "./app.tsx";

export const agentsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/agents",
  beforeLoad: ({ context }) => requirePermission(context.me, "agents:read"),
  loader: () => queryClient.ensureInfiniteQueryData(agentsQuery()),
  component: lazyRouteComponent(() => import("../features/agents/agents-page.tsx"), "AgentsPage"),
});
