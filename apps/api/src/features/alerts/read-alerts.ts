import type { Tx } from "@muniment/db/database.ts";
import { alerts } from "@muniment/db/schema/alerts.ts";
import { users } from "@muniment/db/schema/users.ts";
import type { Alert } from "@muniment/shared/alerts.ts";
import { eq } from "drizzle-orm";
import { alias } from "drizzle-orm/pg-core";

const resolver = alias(users, "resolver");

/** Alerts with the people they name; to be narrowed, ordered and cut. */
export const selectAlerts = (tx: Pick<Tx, "select">) =>
  tx
    .select({ alert: alerts, email: users.email, resolvedBy: resolver.email })
    .from(alerts)
    .leftJoin(users, eq(users.id, alerts.aboutUserId))
    .leftJoin(resolver, eq(resolver.id, alerts.resolvedById))
    .$dynamic();

type Row = Awaited<ReturnType<typeof selectAlerts>>[number];

export const toAlert = ({ alert, email, resolvedBy }: Row): Alert => ({
  id: alert.id,
  kind: alert.kind,
  severity: alert.severity,
  user: alert.aboutUserId && email ? { id: alert.aboutUserId, email } : null,
  details: alert.details,
  count: alert.count,
  openedAt: alert.openedAt.toISOString(),
  lastSeenAt: alert.lastSeenAt.toISOString(),
  resolvedAt: alert.resolvedAt?.toISOString() ?? null,
  resolvedBy,
});
