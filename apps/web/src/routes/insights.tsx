import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { namedAgentsQuery } from "../agent-names.ts";
import { insightsSearch } from "../features/insights/insights-search.ts";
import { modelQuery } from "../features/insights/model-query.ts";
import { queryClient } from "../query-client.ts";
import { requirePermission } from "../session.ts";
import { appRoute } from "./app.tsx";

export const insightsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/insights",
  validateSearch: insightsSearch,
  beforeLoad: ({ context }) => requirePermission(context.me, "events:read"),
  loader: () =>
    Promise.all([
      queryClient.ensureQueryData(namedAgentsQuery),
      queryClient.ensureQueryData(modelQuery),
    ]),
  component: lazyRouteComponent(
    () => import("../features/insights/insights-page.tsx"),
    "InsightsPage",
  ),
});
