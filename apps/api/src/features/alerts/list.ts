import { alerts } from "@muniment/db/schema/alerts.ts";
import { alertPage, listAlertsInput } from "@muniment/shared/alerts.ts";
import { and, desc, inArray, isNotNull, isNull } from "drizzle-orm";
import { keysetPage } from "../../paging.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { readsOthers } from "../../trpc/reads-others.ts";
import { selectAlerts, toAlert } from "./read-alerts.ts";

const states = { open: isNull(alerts.resolvedAt), resolved: isNotNull(alerts.resolvedAt) };

export const list = limited("general")
  .concat(signedIn)
  .concat(permission("alerts:read"))
  .concat(readsOthers)
  .input(listAlertsInput)
  .output(alertPage)
  .query(async ({ ctx: { deps, saw }, input }) => {
    const { database } = deps;
    const page = keysetPage(deps, "alerts", input);
    const rows = await selectAlerts(database.reads({}))
      .where(
        and(
          input?.state ? states[input.state] : undefined,
          input?.kinds ? inArray(alerts.kind, input.kinds) : undefined,
          input?.severities ? inArray(alerts.severity, input.severities) : undefined,
          page.after(alerts.openedAt, alerts.id),
        ),
      )
      .orderBy(desc(alerts.openedAt), desc(alerts.id))
      .limit(page.fetch);
    const answer = page.cut(rows, ({ alert }) => ({ at: alert.openedAt, id: alert.id }), toAlert);
    saw(answer.items.flatMap(({ user }) => (user ? [{ id: user.id, label: user.email }] : [])));
    return answer;
  });
