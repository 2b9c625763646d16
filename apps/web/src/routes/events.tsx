import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { requirePermission } from "../session.ts";
import { appRoute } from "./app.tsx";

export const eventsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/events",
  beforeLoad: ({ context }) => requirePermission(context.me, "events:read"),
  component: lazyRouteComponent(() => import("../features/events/events-page.tsx"), "EventsPage"),
});
