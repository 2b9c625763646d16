import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import {
  accessesQuery,
  erasureQuery,
  exportsQuery,
  recordQuery,
} from "../features/data/data-queries.ts";
import { queryClient } from "../query-client.ts";
import { requirePermission } from "../session.ts";
import { appRoute } from "./app.tsx";

export const dataRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/data",
  beforeLoad: ({ context }) => requirePermission(context.me, "data:read"),
  loader: () =>
    Promise.all([
      queryClient.ensureInfiniteQueryData(exportsQuery()),
      queryClient.ensureInfiniteQueryData(accessesQuery()),
      queryClient.ensureQueryData(recordQuery()),
      queryClient.ensureQueryData(erasureQuery()),
    ]),
  component: lazyRouteComponent(() => import("../features/data/data-page.tsx"), "DataPage"),
});
