import { z } from "zod";
import { byCursor } from "../../paging.ts";
import { querySearch } from "../../query-search.ts";
import { trpc } from "../../trpc.ts";

/** What the address of the page holds: with `query`, the form for an export of that search is open. */
export const exportsSearch = z.object({ query: querySearch });

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
