import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { importsQuery, ownAgentsQuery } from "../features/imports/imports-query.ts";
import { queryClient } from "../query-client.ts";
import { requirePermission } from "../session.ts";
import { appRoute } from "./app.tsx";

export const importsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/imports",
  beforeLoad: ({ context }) => requirePermission(context.me, "events:write"),
  loader: () =>
    Promise.all([
      queryClient.ensureInfiniteQueryData(importsQuery()),
      queryClient.ensureQueryData(ownAgentsQuery()),
    ]),
  component: lazyRouteComponent(
    () => import("../features/imports/imports-page.tsx"),
    "ImportsPage",
  ),
});
