import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { queryClient } from "../query-client.ts";
import { trpc } from "../trpc.ts";
import { publicRoute } from "./public.tsx";

export const signUpRoute = createRoute({
  getParentRoute: () => publicRoute,
  path: "/sign-up",
  loader: () => queryClient.ensureQueryData(trpc.setup.status.queryOptions()),
  component: lazyRouteComponent(() => import("../features/auth/sign-up-page.tsx"), "SignUpPage"),
});
