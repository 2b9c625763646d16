import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { requirePermission } from "../session.ts";
import { appRoute } from "./app.tsx";

export const limitsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/admin/limits",
  beforeLoad: ({ context }) => requirePermission(context.me, "limits:read"),
  component: lazyRouteComponent(() => import("../features/limits/limits-page.tsx"), "LimitsPage"),
});
