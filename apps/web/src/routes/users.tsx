import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { z } from "zod";
import { usersQuery } from "../features/users/users-query.ts";
import { queryClient } from "../query-client.ts";
import { requirePermission } from "../session.ts";
import { appRoute } from "./app.tsx";

const search = z.object({ text: z.string().min(1).max(100).optional().catch(undefined) });

export const usersRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/admin/users",
  validateSearch: search,
  beforeLoad: ({ context }) => requirePermission(context.me, "users:read"),
  // Reading is audited, so hovering over a link must not read.
  preload: false,
  loader: ({ location }) =>
    queryClient.ensureInfiniteQueryData(usersQuery(search.parse(location.search).text)),
  component: lazyRouteComponent(() => import("../features/users/users-page.tsx"), "UsersPage"),
});
