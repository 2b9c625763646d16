import { alertSeverities, alertState } from "@muniment/shared/alerts.ts";
import { z } from "zod";
import { byCursor } from "../../paging.ts";
import { trpc } from "../../trpc.ts";

/** What the address of the page holds; what does not fit is ignored. */
export const alertsSearch = z.object({
  state: alertState.optional().catch(undefined),
  severity: z.enum(alertSeverities).optional().catch(undefined),
});
export type AlertsSearch = z.infer<typeof alertsSearch>;
export type AlertState = z.infer<typeof alertState>;

/** Those that are open, of every severity, unless something else is asked for. */
export const alertsQuery = ({ state = "open", severity }: AlertsSearch) =>
  trpc.alerts.list.infiniteQueryOptions(
    severity ? { state, severities: [severity] } : { state },
    byCursor,
  );

export const alertCountsQuery = () => trpc.alerts.counts.queryOptions();
