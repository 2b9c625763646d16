import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { alertRulesQuery, alertRulesSearch } from "../features/alert-rules/alert-rules-query.ts";
import { queryClient } from "../query-client.ts";
import { requirePermission } from "../session.ts";
import { appRoute } from "./app.tsx";

export const alertRulesRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/alert-rules",
  validateSearch: alertRulesSearch,
  beforeLoad: ({ context }) => requirePermission(context.me, "alertRules:read"),
  loader: () => queryClient.ensureInfiniteQueryData(alertRulesQuery()),
  component: lazyRouteComponent(
    () => import("../features/alert-rules/alert-rules-page.tsx"),
    "AlertRulesPage",
  ),
});
