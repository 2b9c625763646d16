import { trpc } from "../../trpc.ts";

/** Which model answers questions; it changes with the configuration only. */
export const modelQuery = trpc.insights.model.queryOptions(undefined, {
  staleTime: Number.POSITIVE_INFINITY,
});
