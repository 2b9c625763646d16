import { byCursor } from "../../paging.ts";
import { trpc } from "../../trpc.ts";

const refreshMilliseconds = 1500;

/** Read again and again while a copy is being made. */
export const exportsQuery = () =>
  trpc.data.exports.infiniteQueryOptions(
    {},
    {
      ...byCursor,
      refetchInterval: ({ state }) =>
        state.data?.pages.some(({ items }) => items.some(({ status }) => status === "running"))
          ? refreshMilliseconds
          : false,
    },
  );
export const accessesQuery = () => trpc.data.accesses.infiniteQueryOptions({ limit: 10 }, byCursor);
export const recordQuery = () => trpc.data.record.queryOptions();
export const erasureQuery = () => trpc.data.erasure.queryOptions();
