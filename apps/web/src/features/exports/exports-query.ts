import { queryBounds } from "@muniment/shared/event-query/query.ts";
import { z } from "zod";
import { byCursor } from "../../paging.ts";
import { trpc } from "../../trpc.ts";

/** What the address of the page holds: with `query`, the form for an export of that search is open. */
export const exportsSearch = z.object({
  query: z
    .union([z.string(), z.number().transform(String)])
    .pipe(z.string().max(queryBounds.length))
    .optional()
    .catch(undefined),
});

const refreshMilliseconds = 1000;

/** Read again every second while an export is under way. */
export const exportsQuery = () =>
  trpc.exports.list.infiniteQueryOptions(
    {},
    {
      ...byCursor,
      refetchInterval: ({ state }) => {
        const items = state.data?.pages.flatMap((page) => page.items) ?? [];
        const busy = items.some(({ status }) => status === "running" || status === "waiting");
        return busy ? refreshMilliseconds : false;
      },
    },
  );
