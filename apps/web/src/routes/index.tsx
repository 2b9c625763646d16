import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { requirePermission } from "../session.ts";
import { appRoute } from "./app.tsx";

export const indexRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/",
  beforeLoad: ({ context }) => requirePermission(context.me, "events:read"),
  component: lazyRouteComponent(
    () => import("../features/overview/overview-page.tsx"),
    "OverviewPage",
  ),
});
