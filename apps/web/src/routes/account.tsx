import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { requirePermission } from "../session.ts";
import { appRoute } from "./app.tsx";

export const accountRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/account",
  beforeLoad: ({ context }) => requirePermission(context.me, "account:write"),
  component: lazyRouteComponent(
    () => import("../features/account/account-page.tsx"),
    "AccountPage",
  ),
});
