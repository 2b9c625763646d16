import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { queryClient } from "../query-client.ts";
import { requirePermission } from "../session.ts";
import { uploadQuotaQuery, uploadsQuery } from "../upload-queries.ts";
import { appRoute } from "./app.tsx";

export const filesRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/files",
  beforeLoad: ({ context }) => requirePermission(context.me, "uploads:read"),
  loader: () =>
    Promise.all([
      queryClient.ensureInfiniteQueryData(uploadsQuery()),
      queryClient.ensureQueryData(uploadQuotaQuery),
    ]),
  component: lazyRouteComponent(() => import("../features/uploads/files-page.tsx"), "FilesPage"),
});
