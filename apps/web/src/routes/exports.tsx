import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { exportsQuery, exportsSearch } from "../features/exports/exports-query.ts";
import { queryClient } from "../query-client.ts";
import { requirePermission } from "../session.ts";
import { appRoute } from "./app.tsx";

export const exportsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/exports",
  validateSearch: exportsSearch,
  beforeLoad: ({ context }) => requirePermission(context.me, "events:read"),
  loader: () => queryClient.ensureInfiniteQueryData(exportsQuery()),
  component: lazyRouteComponent(
    () => import("../features/exports/exports-page.tsx"),
    "ExportsPage",
  ),
});
