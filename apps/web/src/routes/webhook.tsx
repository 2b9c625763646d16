import { uuid } from "@muniment/shared/values.ts";
import { createRoute, lazyRouteComponent, notFound } from "@tanstack/react-router";
import { NotFoundPage } from "../features/problems/not-found-page.tsx";
import {
  deliveriesQuery,
  webhookQuery,
  webhookSearch,
} from "../features/webhooks/deliveries-query.ts";
import { queryClient } from "../query-client.ts";
import { requirePermission } from "../session.ts";
import { appRoute } from "./app.tsx";

export const webhookRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/webhooks/$id",
  validateSearch: webhookSearch,
  beforeLoad: ({ context, params }) => {
    requirePermission(context.me, "webhooks:read");
    if (!uuid.safeParse(params.id).success) throw notFound();
  },
  loader: ({ params: { id }, location }) =>
    Promise.all([
      queryClient.ensureQueryData(webhookQuery(id)),
      queryClient.ensureInfiniteQueryData(
        deliveriesQuery(id, webhookSearch.parse(location.search).status),
      ),
    ]),
  notFoundComponent: NotFoundPage,
  component: lazyRouteComponent(
    () => import("../features/webhooks/webhook-page.tsx"),
    "WebhookPage",
  ),
});
