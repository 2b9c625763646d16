import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { alertCountsQuery, alertsQuery, alertsSearch } from "../features/alerts/alerts-query.ts";
import { queryClient } from "../query-client.ts";
import { requirePermission } from "../session.ts";
import { appRoute } from "./app.tsx";

export const alertsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/admin/alerts",
  validateSearch: alertsSearch,
  beforeLoad: ({ context }) => requirePermission(context.me, "alerts:read"),
  loader: ({ location }) =>
    Promise.all([
      queryClient.ensureInfiniteQueryData(alertsQuery(alertsSearch.parse(location.search))),
      queryClient.ensureQueryData(alertCountsQuery()),
    ]),
  component: lazyRouteComponent(() => import("../features/alerts/alerts-page.tsx"), "AlertsPage"),
});
