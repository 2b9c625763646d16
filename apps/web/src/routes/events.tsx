import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { namedAgentsQuery } from "../agent-names.ts";
import { readQuery } from "../event-query.ts";
import { rangeHolding, spanOf } from "../event-range.ts";
import { timelineQuery } from "../event-timeline.ts";
import {
  defaultBy,
  facetsQuery,
  fixedFields,
  listQuery,
  newestQuery,
} from "../features/events/events-queries.ts";
import { eventsSearch, filtersOf, hasTime, timeOf } from "../features/events/events-search.ts";
import { savedViewsQuery } from "../features/saved-views/saved-views-query.ts";
import { queryClient } from "../query-client.ts";
import { requirePermission } from "../session.ts";
import { appRoute } from "./app.tsx";

export const eventsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/events",
  validateSearch: eventsSearch,
  beforeLoad: async ({ context, search }) => {
    requirePermission(context.me, "events:read");
    if (hasTime(search)) return;
    const newest = (await queryClient.fetchQuery(newestQuery)).items[0];
    const range = rangeHolding(newest ? Date.parse(newest.occurredAt) : null, Date.now());
    throw redirect({ to: "/events", search: { ...search, range }, replace: true });
  },
  loader: async ({ location }) => {
    const search = eventsSearch.parse(location.search);
    const view = { filters: filtersOf(search), span: spanOf(timeOf(search), Date.now()) };
    // The page says what is wrong with it.
    if (readQuery(search.query ?? "").problem) view.filters = {};
    const by = search.by ?? defaultBy;
    // Only brought on the way: each panel of the page shows its own failure.
    await Promise.allSettled([
      queryClient.ensureQueryData(newestQuery),
      queryClient.ensureQueryData(namedAgentsQuery),
      queryClient.ensureQueryData(savedViewsQuery),
      queryClient.ensureInfiniteQueryData(listQuery(view)),
      queryClient.ensureQueryData(timelineQuery(view.filters, view.span, by)),
      queryClient.ensureQueryData(facetsQuery(view, fixedFields)),
    ]);
  },
  component: lazyRouteComponent(() => import("./events-page.tsx"), "EventsRoutePage"),
});
