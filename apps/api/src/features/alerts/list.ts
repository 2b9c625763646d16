import { alerts } from "@muniment/db/schema/alerts.ts";
import { alertPage, listAlertsInput } from "@muniment/shared/alerts.ts";
import { and, desc, inArray, isNotNull, isNull } from "drizzle-orm";
import { keysetPage } from "../../paging.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { selectAlerts, toAlert } from "./read-alerts.ts";

const states = { open: isNull(alerts.resolvedAt), resolved: isNotNull(alerts.resolvedAt) };

export const list = limited("general")
  .concat(signedIn)
  .concat(permission("alerts:read"))
  .input(listAlertsInput)
  .output(alertPage)
  .query(async ({ ctx: { deps }, input }) => {
    const { database } = deps;
    const page = keysetPage(deps, "alerts", input);
    const rows = await selectAlerts(database.reads({}))
      .where(
        and(
          input?.state ? states[input.state] : undefined,
          input?.kinds ? inArray(alerts.kind, input.kinds) : undefined,
          page.after(alerts.openedAt, alerts.id),
        ),
      )
      .orderBy(desc(alerts.openedAt), desc(alerts.id))
      .limit(page.fetch);
    return page.cut(rows, ({ alert }) => ({ at: alert.openedAt, id: alert.id }), toAlert);
  });
