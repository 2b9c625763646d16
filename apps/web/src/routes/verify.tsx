import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { publicRoute } from "./public.tsx";

export const verifyRoute = createRoute({
  getParentRoute: () => publicRoute,
  path: "/verify",
  component: lazyRouteComponent(() => import("../features/auth/verify-page.tsx"), "VerifyPage"),
});
