import { z } from "zod";
import { byCursor } from "../../paging.ts";
import { querySearch } from "../../query-search.ts";
import { trpc } from "../../trpc.ts";

/** What the address of the page holds: with `query`, the form for a rule of that search is open. */
export const alertRulesSearch = z.object({ query: querySearch });

const refreshMilliseconds = 5000;

/** Read again and again while the page is open: rules begin and cease to fire by themselves. */
export const alertRulesQuery = () =>
  trpc.alertRules.list.infiniteQueryOptions(
    {},
    { ...byCursor, refetchInterval: refreshMilliseconds },
  );

export const alertHistoryQuery = (id: string) =>
  trpc.alertRules.history.infiniteQueryOptions({ id }, byCursor);
