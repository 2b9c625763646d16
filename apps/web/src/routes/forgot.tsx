import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { publicRoute } from "./public.tsx";

export const forgotRoute = createRoute({
  getParentRoute: () => publicRoute,
  path: "/forgot",
  component: lazyRouteComponent(() => import("../features/auth/forgot-page.tsx"), "ForgotPage"),
});
