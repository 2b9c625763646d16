import { uuid } from "@muniment/shared/values.ts";
import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { z } from "zod";
import { requirePermission } from "../session.ts";
import { appRoute } from "./app.tsx";

const search = z.object({ agentId: uuid.optional().catch(undefined) });

export const eventsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/events",
  validateSearch: search,
  beforeLoad: ({ context }) => requirePermission(context.me, "events:read"),
  component: lazyRouteComponent(() => import("../features/events/events-page.tsx"), "EventsPage"),
});
