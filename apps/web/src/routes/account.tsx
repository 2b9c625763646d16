import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { factorsQuery, passkeysQuery } from "../features/account/factors-query.ts";
import { signInsQuery } from "../features/account/sign-ins-query.ts";
import { retentionQuery } from "../features/events/retention-query.ts";
import { sessionsQuery } from "../features/sessions/sessions-query.ts";
import { queryClient } from "../query-client.ts";
import { requirePermission } from "../session.ts";
import { appRoute } from "./app.tsx";

export const accountRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/account",
  beforeLoad: ({ context }) => requirePermission(context.me, "account:write"),
  // One line for each card that reads something.
  loader: () =>
    Promise.all([
      queryClient.ensureQueryData(factorsQuery()),
      queryClient.ensureQueryData(passkeysQuery()),
      queryClient.ensureQueryData(retentionQuery()),
      queryClient.ensureInfiniteQueryData(sessionsQuery()),
      queryClient.ensureInfiniteQueryData(signInsQuery()),
    ]),
  component: lazyRouteComponent(() => import("./account-page.tsx"), "AccountPage"),
});
