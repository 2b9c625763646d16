import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { factorsQuery } from "../features/account/factors-query.ts";
import { queryClient } from "../query-client.ts";
import { requireSession } from "../session.ts";
import { publicRoute } from "./public.tsx";

export const enrollRoute = createRoute({
  getParentRoute: () => publicRoute,
  path: "/enroll",
  beforeLoad: async ({ location }) => {
    const { mustEnroll } = await requireSession(location.href);
    if (!mustEnroll) throw redirect({ to: "/" });
  },
  loader: () => queryClient.ensureQueryData(factorsQuery()),
  component: lazyRouteComponent(() => import("../features/account/enroll-page.tsx"), "EnrollPage"),
});
