import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { queryClient } from "../query-client.ts";
import { trpc } from "../trpc.ts";
import { publicRoute } from "./public.tsx";

export const setupRoute = createRoute({
  getParentRoute: () => publicRoute,
  path: "/setup",
  loader: () => queryClient.ensureQueryData(trpc.setup.status.queryOptions()),
  component: lazyRouteComponent(() => import("../features/setup/setup-page.tsx"), "SetupPage"),
});
