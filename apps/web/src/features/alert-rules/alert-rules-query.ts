import { queryBounds } from "@muniment/shared/event-query/query.ts";
import { z } from "zod";
import { byCursor } from "../../paging.ts";
import { trpc } from "../../trpc.ts";

/** What the address of the page holds: with `query`, the form for a rule of that search is open. */
export const alertRulesSearch = z.object({
  query: z
    .union([z.string(), z.number().transform(String)])
    .pipe(z.string().max(queryBounds.length))
    .optional()
    .catch(undefined),
});

const refreshMilliseconds = 5000;

/** Read again and again while the page is open: rules begin and cease to fire by themselves. */
export const alertRulesQuery = () =>
  trpc.alertRules.list.infiniteQueryOptions(
    {},
    { ...byCursor, refetchInterval: refreshMilliseconds },
  );

export const alertHistoryQuery = (id: string) =>
  trpc.alertRules.history.infiniteQueryOptions({ id }, byCursor);
