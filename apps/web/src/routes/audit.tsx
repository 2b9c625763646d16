import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import {
  auditInput,
  auditQuery,
  auditSearch,
  auditTimelineQuery,
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
    const input = auditInput(filters, Date.now());
    return Promise.all([
      queryClient.ensureInfiniteQueryData(auditQuery(input)),
      queryClient.ensureQueryData(auditTimelineQuery(input, by)),
    ]);
  },
  component: lazyRouteComponent(() => import("../features/audit/audit-page.tsx"), "AuditPage"),
});
