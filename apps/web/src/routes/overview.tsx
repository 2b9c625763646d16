import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { namedAgentsQuery } from "../agent-names.ts";
import {
  newestQuery,
  overviewQueries,
  overviewRange,
} from "../features/overview/overview-queries.ts";
import { overviewSearch } from "../features/overview/overview-search.ts";
import { queryClient } from "../query-client.ts";
import { requirePermission } from "../session.ts";
import { appRoute } from "./app.tsx";

export const indexRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/",
  validateSearch: overviewSearch,
  beforeLoad: ({ context }) => requirePermission(context.me, "events:read"),
  loader: async ({ location }) => {
    const { range } = overviewSearch.parse(location.search);
    const [newest] = await Promise.all([
      queryClient.fetchQuery(newestQuery),
      queryClient.ensureQueryData(namedAgentsQuery),
    ]);
    if (newest.items.length === 0) return;
    const queries = overviewQueries(range ?? overviewRange(newest.items, Date.now()), Date.now());
    // Only brought on the way: each panel of the page shows its own failure.
    await Promise.allSettled([
      queryClient.ensureQueryData(queries.timeline),
      queries.before && queryClient.ensureQueryData(queries.before),
      queryClient.ensureQueryData(queries.activeAgents),
      queryClient.ensureQueryData(queries.top),
      queryClient.ensureQueryData(queries.recentErrors),
    ]);
  },
  component: lazyRouteComponent(
    () => import("../features/overview/overview-page.tsx"),
    "OverviewPage",
  ),
});
