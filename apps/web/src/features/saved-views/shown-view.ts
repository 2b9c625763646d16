import type { SavedView } from "@muniment/shared/saved-views.ts";
import { getRouteApi } from "@tanstack/react-router";

const route = getRouteApi("/app/events");

type Shown = Pick<SavedView, "query" | "display">;

/** What the explorer shows, as a view holds it. */
export function useShownView(): Shown {
  const { query = "", range, from, to, by, facets } = route.useSearch();
  const display = { range, from, to, by, facets };
  const given = Object.entries(display).filter(([, value]) => value !== undefined);
  return { query, display: Object.fromEntries(given) };
}

/** The explorer's address for a view. */
export const searchOf = ({ query, display }: Shown) => ({ ...display, query: query || undefined });

/** Whether two show the same, whatever the order in which they say it. */
export function isSameView(a: Shown, b: Shown): boolean {
  const text = ({ query, display }: Shown) =>
    JSON.stringify([query, Object.entries(display).toSorted(([x], [y]) => x.localeCompare(y))]);
  return text(a) === text(b);
}
