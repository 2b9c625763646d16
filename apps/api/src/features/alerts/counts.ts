import { alerts } from "@muniment/db/schema/alerts.ts";
import { alertCounts } from "@muniment/shared/alerts.ts";
import { noInput } from "@muniment/shared/values.ts";
import { isNull, sql } from "drizzle-orm";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";

/** How many alerts are open, by severity, so that many of one hide none of another. */
export const counts = limited("general")
  .concat(signedIn)
  .concat(permission("alerts:read"))
  .input(noInput)
  .output(alertCounts)
  .query(async ({ ctx: { deps } }) => {
    const rows = await deps.database
      .reads({})
      .select({ severity: alerts.severity, count: sql<number>`count(*)::int` })
      .from(alerts)
      .where(isNull(alerts.resolvedAt))
      .groupBy(alerts.severity);
    const of = Object.fromEntries(rows.map(({ severity, count }) => [severity, count]));
    return { low: of.low ?? 0, medium: of.medium ?? 0, high: of.high ?? 0 };
  });
