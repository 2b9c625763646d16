import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { publicRoute } from "./public.tsx";

export const resetRoute = createRoute({
  getParentRoute: () => publicRoute,
  path: "/reset",
  component: lazyRouteComponent(() => import("../features/auth/reset-page.tsx"), "ResetPage"),
});
