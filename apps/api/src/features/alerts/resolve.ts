import { alerts } from "@muniment/db/schema/alerts.ts";
import { alert, resolveAlertInput } from "@muniment/shared/alerts.ts";
import { and, eq, isNull, lte } from "drizzle-orm";
import { AppError } from "../../errors.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { selectAlerts, toAlert } from "./read-alerts.ts";

/**
 * Closes an open alert: somebody has looked at it. If the same happens again, a new one is raised.
 * Who tells what they looked at (`lastSeenAt`) closes nothing that has grown since: `out_of_date`.
 */
export const resolve = limited("general")
  .concat(signedIn)
  .concat(permission("alerts:write"))
  .input(resolveAlertInput)
  .concat(audited("alert.resolved"))
  .output(alert)
  .mutation(async ({ ctx: { deps, tx, audit, principal }, input: { id, lastSeenAt } }) => {
    const open = and(eq(alerts.id, id), isNull(alerts.resolvedAt));
    const isShown = lastSeenAt ? lte(alerts.lastSeenAt, new Date(lastSeenAt)) : undefined;
    const resolved = await tx
      .update(alerts)
      .set({ resolvedAt: deps.now(), resolvedById: principal.userId })
      .where(and(open, isShown))
      .returning({ id: alerts.id });
    if (resolved.length === 0 && (await selectAlerts(tx).where(open)).length > 0) {
      throw new AppError("out_of_date", "More was seen since: look at the alert again.");
    }
    const [row] = resolved.length > 0 ? await selectAlerts(tx).where(eq(alerts.id, id)) : [];
    if (!row) throw new AppError("not_found", "There is no open alert with this id.");
    await audit({ target: { kind: "alert", id }, details: { kind: row.alert.kind } });
    return toAlert(row);
  });
