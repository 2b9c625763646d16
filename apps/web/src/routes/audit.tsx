import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import {
  auditInput,
  auditQuery,
  auditSearch,
  auditTimelineQuery,
  chartedInput,
} from "../features/audit/audit-search.ts";
import { queryClient } from "../query-client.ts";
import { requirePermission } from "../session.ts";
import { appRoute } from "./app.tsx";

export const auditRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/admin/audit",
  validateSearch: auditSearch,
  beforeLoad: ({ context }) => requirePermission(context.me, "audit:read"),
  // Hovering over a link is no reason to read the data of others.
  preload: false,
  loader: ({ location }) => {
    const { entry: _, by, ...filters } = auditSearch.parse(location.search);
    const now = Date.now();
    const input = auditInput(filters, now);
    const charted = chartedInput(input, now);
    // Begun at once, but the page waits for the list alone.
    if (charted) void queryClient.prefetchQuery(auditTimelineQuery(charted.input, by));
    return queryClient.ensureInfiniteQueryData(auditQuery(input));
  },
  component: lazyRouteComponent(() => import("../features/audit/audit-page.tsx"), "AuditPage"),
});
