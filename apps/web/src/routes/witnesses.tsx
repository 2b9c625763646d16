import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import {
  checkpointsQuery,
  witnessedLogsQuery,
  witnessesQuery,
} from "../features/witnesses/witness-queries.ts";
import { queryClient } from "../query-client.ts";
import { requirePermission } from "../session.ts";
import { trpc } from "../trpc.ts";
import { appRoute } from "./app.tsx";

export const witnessesRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/admin/witnesses",
  beforeLoad: ({ context }) => requirePermission(context.me, "audit:read"),
  loader: () =>
    Promise.all([
      queryClient.ensureQueryData(trpc.witnesses.assurance.queryOptions()),
      queryClient.ensureQueryData(trpc.witnesses.own.queryOptions()),
      queryClient.ensureQueryData(witnessesQuery()),
      queryClient.ensureInfiniteQueryData(witnessedLogsQuery()),
      queryClient.ensureInfiniteQueryData(checkpointsQuery()),
    ]),
  component: lazyRouteComponent(
    () => import("../features/witnesses/witnesses-page.tsx"),
    "WitnessesPage",
  ),
});
