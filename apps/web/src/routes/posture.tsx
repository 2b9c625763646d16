import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { postureSearch } from "../features/posture/posture-search.ts";
import { queryClient } from "../query-client.ts";
import { requirePermission } from "../session.ts";
import { trpc } from "../trpc.ts";
import { appRoute } from "./app.tsx";

export const postureRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/admin/posture",
  validateSearch: postureSearch,
  beforeLoad: ({ context }) => requirePermission(context.me, "posture:read"),
  loader: () => queryClient.ensureQueryData(trpc.posture.get.queryOptions()),
  component: lazyRouteComponent(
    () => import("../features/posture/posture-page.tsx"),
    "PosturePage",
  ),
});
