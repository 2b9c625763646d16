import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { queryClient } from "../query-client.ts";
import { trpc } from "../trpc.ts";
import { rootRoute } from "./root.tsx";

export const setupRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/setup",
  loader: () => queryClient.ensureQueryData(trpc.setup.status.queryOptions()),
  component: lazyRouteComponent(() => import("../features/setup/setup-page.tsx"), "SetupPage"),
});
