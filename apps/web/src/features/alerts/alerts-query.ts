import { alertState } from "@muniment/shared/alerts.ts";
import { z } from "zod";
import { byCursor } from "../../paging.ts";
import { trpc } from "../../trpc.ts";

/** What the address of the page holds; what does not fit is ignored. */
export const alertsSearch = z.object({ state: alertState.optional().catch(undefined) });
export type AlertState = z.infer<typeof alertState>;

export const alertsQuery = (state: AlertState) =>
  trpc.alerts.list.infiniteQueryOptions({ state }, byCursor);
