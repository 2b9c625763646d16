import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { queryClient } from "../query-client.ts";
import { trpc } from "../trpc.ts";
import { rootRoute } from "./root.tsx";

export const signUpRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/sign-up",
  loader: () => queryClient.ensureQueryData(trpc.setup.status.queryOptions()),
  component: lazyRouteComponent(() => import("../features/auth/sign-up-page.tsx"), "SignUpPage"),
});
