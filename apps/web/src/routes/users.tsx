import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { requirePermission } from "../session.ts";
import { appRoute } from "./app.tsx";

export const usersRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/admin/users",
  beforeLoad: ({ context }) => requirePermission(context.me, "users:read"),
  component: lazyRouteComponent(() => import("../features/users/users-page.tsx"), "UsersPage"),
});
