import type { Tx } from "@muniment/db/database.ts";
import { alerts } from "@muniment/db/schema/alerts.ts";
import { users } from "@muniment/db/schema/users.ts";
import { abuseRuleNames, abuseRules } from "@muniment/shared/abuse-rules.ts";
import type { Alert } from "@muniment/shared/alerts.ts";
import { eq, inArray, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/pg-core";

const resolver = alias(users, "resolver");

const byKeys = abuseRuleNames.filter((name) => abuseRules[name].per === "key");

/** What the API key is called that an alert is about; null where it is about none, or the key is gone. */
const key = sql<Alert["key"]>`(
  select json_build_object('id', k.id, 'name', k.name, 'prefix', k.prefix) from api_key_names(array[
    case when ${inArray(alerts.kind, byKeys)} then (${alerts.details} ->> 'subject')::uuid end]) k)`;

/** Alerts with the people and keys they name; to be narrowed, ordered and cut. */
export const selectAlerts = (tx: Pick<Tx, "select">) =>
  tx
    .select({ alert: alerts, email: users.email, key, resolvedBy: resolver.email })
    .from(alerts)
    .leftJoin(users, eq(users.id, alerts.aboutUserId))
    .leftJoin(resolver, eq(resolver.id, alerts.resolvedById))
    .$dynamic();

type Row = Awaited<ReturnType<typeof selectAlerts>>[number];

export const toAlert = ({ alert, email, key, resolvedBy }: Row): Alert => ({
  id: alert.id,
  kind: alert.kind,
  severity: alert.severity,
  user: alert.aboutUserId && email ? { id: alert.aboutUserId, email } : null,
  key,
  details: alert.details,
  count: alert.count,
  openedAt: alert.openedAt.toISOString(),
  lastSeenAt: alert.lastSeenAt.toISOString(),
  resolvedAt: alert.resolvedAt?.toISOString() ?? null,
  resolvedBy,
});
