import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { publicRoute } from "./public.tsx";

export const undoEmailRoute = createRoute({
  getParentRoute: () => publicRoute,
  path: "/undo-email",
  component: lazyRouteComponent(
    () => import("../features/account/undo-email-page.tsx"),
    "UndoEmailPage",
  ),
});
