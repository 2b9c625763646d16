import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { requirePermission } from "../session.ts";
import { appRoute } from "./app.tsx";

export const auditRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/admin/audit",
  beforeLoad: ({ context }) => requirePermission(context.me, "audit:read"),
  component: lazyRouteComponent(() => import("../features/audit/audit-page.tsx"), "AuditPage"),
});
