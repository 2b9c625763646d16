import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { queryClient } from "../query-client.ts";
import { requirePermission } from "../session.ts";
import { trpc } from "../trpc.ts";
import { appRoute } from "./app.tsx";

export const limitsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/admin/limits",
  beforeLoad: ({ context }) => requirePermission(context.me, "limits:read"),
  loader: () => queryClient.ensureQueryData(trpc.limits.list.queryOptions()),
  component: lazyRouteComponent(() => import("../features/limits/limits-page.tsx"), "LimitsPage"),
});
