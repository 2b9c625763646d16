import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { publicRoute } from "./public.tsx";

export const confirmEmailRoute = createRoute({
  getParentRoute: () => publicRoute,
  path: "/confirm-email",
  component: lazyRouteComponent(
    () => import("../features/account/confirm-email-page.tsx"),
    "ConfirmEmailPage",
  ),
});
