import { byCursor } from "./paging.ts";
import { trpc } from "./trpc.ts";

/** The files beside one event, or all of one's own. */
export const uploadsQuery = (eventId?: string) =>
  trpc.uploads.list.infiniteQueryOptions(eventId === undefined ? {} : { eventId }, byCursor);

export const uploadQuotaQuery = trpc.uploads.quota.queryOptions();
