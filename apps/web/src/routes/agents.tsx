import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { requirePermission } from "../session.ts";
import { appRoute } from "./app.tsx";

export const agentsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/agents",
  beforeLoad: ({ context }) => requirePermission(context.me, "agents:read"),
  component: lazyRouteComponent(() => import("../features/agents/agents-page.tsx"), "AgentsPage"),
});
