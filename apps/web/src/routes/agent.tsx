import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { requirePermission } from "../session.ts";
import { appRoute } from "./app.tsx";

export const agentRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/agents/$id",
  beforeLoad: ({ context }) => requirePermission(context.me, "agents:read"),
  component: lazyRouteComponent(() => import("../features/agents/agent-page.tsx"), "AgentPage"),
});
