import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { queryClient } from "../query-client.ts";
import { requirePermission } from "../session.ts";
import { webhooksQuery } from "../webhooks-query.ts";
import { appRoute } from "./app.tsx";

export const webhooksRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/webhooks",
  beforeLoad: ({ context }) => requirePermission(context.me, "webhooks:read"),
  loader: () => queryClient.ensureInfiniteQueryData(webhooksQuery()),
  component: lazyRouteComponent(
    () => import("../features/webhooks/webhooks-page.tsx"),
    "WebhooksPage",
  ),
});
