import { alerts } from "@muniment/db/schema/alerts.ts";
import { alert, alertIdInput } from "@muniment/shared/alerts.ts";
import { and, eq, isNull } from "drizzle-orm";
import { AppError } from "../../errors.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { selectAlerts, toAlert } from "./read-alerts.ts";

/** Closes an open alert: somebody has looked at it. If the same happens again, a new one is raised. */
export const resolve = limited("general")
  .concat(signedIn)
  .concat(permission("alerts:write"))
  .input(alertIdInput)
  .concat(audited("alert.resolved"))
  .output(alert)
  .mutation(async ({ ctx: { deps, tx, audit, principal }, input: { id } }) => {
    const resolved = tx
      .update(alerts)
      .set({ resolvedAt: deps.now(), resolvedById: principal.userId })
      .where(and(eq(alerts.id, id), isNull(alerts.resolvedAt)))
      .returning({ id: alerts.id });
    const [row] =
      (await resolved).length > 0 ? await selectAlerts(tx).where(eq(alerts.id, id)) : [];
    if (!row) throw new AppError("not_found", "There is no open alert with this id.");
    await audit({ target: { kind: "alert", id }, details: { kind: row.alert.kind } });
    return toAlert(row);
  });
