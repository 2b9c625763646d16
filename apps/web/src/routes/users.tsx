import { role } from "@muniment/shared/accounts.ts";
import { userStatus } from "@muniment/shared/users.ts";
import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { z } from "zod";
import { invitationsQuery, usersQuery } from "../features/users/users-query.ts";
import { queryClient } from "../query-client.ts";
import { requirePermission } from "../session.ts";
import { appRoute } from "./app.tsx";

const search = z.object({
  text: z.string().min(1).max(100).optional().catch(undefined),
  status: userStatus.optional().catch(undefined),
  role: role.optional().catch(undefined),
});

export const usersRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/admin/users",
  validateSearch: search,
  beforeLoad: ({ context }) => requirePermission(context.me, "users:read"),
  // Hovering over a link is no reason to read the data of others.
  preload: false,
  loader: ({ location }) =>
    Promise.all([
      queryClient.ensureInfiniteQueryData(usersQuery(search.parse(location.search))),
      queryClient.ensureInfiniteQueryData(invitationsQuery()),
    ]),
  component: lazyRouteComponent(() => import("../features/users/users-page.tsx"), "UsersPage"),
});
