import { uuid } from "@muniment/shared/values.ts";
import { createRoute, lazyRouteComponent, notFound } from "@tanstack/react-router";
import { NotFoundPage } from "../features/problems/not-found-page.tsx";
import { userSessionsQuery } from "../features/users/users-query.ts";
import { queryClient } from "../query-client.ts";
import { requirePermission } from "../session.ts";
import { trpc } from "../trpc.ts";
import { appRoute } from "./app.tsx";

export const userRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/admin/users/$id",
  beforeLoad: ({ context, params }) => {
    requirePermission(context.me, "users:read");
    if (!uuid.safeParse(params.id).success) throw notFound();
  },
  preload: false,
  loader: ({ params: { id } }) =>
    Promise.all([
      queryClient.ensureQueryData(trpc.users.get.queryOptions({ id })),
      queryClient.ensureInfiniteQueryData(userSessionsQuery(id)),
    ]),
  notFoundComponent: NotFoundPage,
  component: lazyRouteComponent(() => import("../features/users/user-page.tsx"), "UserPage"),
});
