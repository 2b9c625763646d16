import type { Database, Tx } from "@muniment/db/database.ts";
import { alerts } from "@muniment/db/schema/alerts.ts";
import { users } from "@muniment/db/schema/users.ts";
import { afterCommit } from "@muniment/db/transactions.ts";
import { alertWords } from "@muniment/shared/alert-words.ts";
import { alertSeverities } from "@muniment/shared/alerts.ts";
import { can, roles } from "@muniment/shared/permissions.ts";
import { and, asc, eq, gt, inArray, isNull, sql } from "drizzle-orm";
import type { Logger } from "pino";
import { enterScope } from "../identity/scope.ts";
import type { Jobs } from "../jobs.ts";
import type { Mailer } from "../mailer.ts";
import { emitDeliveries } from "../webhooks/emit.ts";
import { readNotices } from "./notices.ts";

type TellInput = {
  database: Database;
  jobs: Jobs;
  mailer: Mailer;
  publicUrl: URL;
  now: () => Date;
  log: Logger;
};
type Alert = typeof alerts.$inferSelect;

const alertsPerRound = 50;
/**
 * Of each kind, and of it about each person; what comes on top stands on the page only. The first about
 * a person is told beyond those, so that few accounts hide no other.
 */
const perHour = { kind: 30, person: 5, firsts: 60 };
const told = roles.filter((role) => can(role, "alerts:write"));

/** Counts only what was told: a flood that lasts is told of again every hour. */
async function isToldEnough(tx: Tx, { kind, aboutUserId }: Alert, now: Date): Promise<boolean> {
  // Nobody can raise many of these, and nobody may hide one behind others.
  if (kind.startsWith("audit_log_")) return false;
  const since = new Date(now.getTime() - 3_600_000);
  const [known] = await tx
    .select({
      kind: sql<number>`count(*)::int`,
      person: sql<number>`(count(*) filter (where ${alerts.aboutUserId} = ${aboutUserId}))::int`,
    })
    .from(alerts)
    .where(and(gt(alerts.toldAt, since), eq(alerts.kind, kind), eq(alerts.muted, false)));
  if (!known) return false;
  const isFirst = aboutUserId !== null && known.person === 0;
  return known.kind >= (isFirst ? perHour.firsts : perHour.kind) || known.person >= perHour.person;
}

/** Only words of our own: whom it is about stands on the page, and goes from there with the account. */
function mailOf({ kind, severity, openedAt }: Alert, link: string, publicUrl: URL) {
  const { title, advice } = alertWords[kind];
  const text = [
    `${title} (${severity})`,
    "",
    advice,
    "",
    `When: ${openedAt.toUTCString()}`,
    `Whom it is about, and what was done: ${link}`,
    "",
    `You get this as an administrator of ${publicUrl.origin}. What you are told of is chosen on that page.`,
  ].join("\n");
  return { subject: `Alert: ${title}`, text };
}

/** Writes the notices of an alert in one transaction with that it was told, in each administrator's scope. */
async function tell(tx: Tx, { jobs, mailer, publicUrl, now: clock, log }: TellInput, id: string) {
  // One after another on all nodes, so that each counts those before it.
  await tx.execute(sql`select pg_advisory_xact_lock(hashtext('muniment alerts'))`);
  const now = clock();
  const waiting = and(eq(alerts.id, id), isNull(alerts.toldAt));
  const [alert] = await tx.select().from(alerts).where(waiting).for("update", { skipLocked: true });
  if (!alert) return;
  const muted = await isToldEnough(tx, alert, now);
  await tx.update(alerts).set({ toldAt: now, muted }).where(eq(alerts.id, id));
  if (muted) return;
  const link = new URL("/admin/alerts", publicUrl).href;
  const { kind, severity, openedAt } = alert;
  afterCommit(tx, () => log.warn({ alert: kind, severity, id }, "alert raised"));
  const { title, advice } = alertWords[kind];
  const data = { alert: { id, kind, severity, title, advice, openedAt }, link };
  const people = await tx
    .select({ id: users.id, email: users.email })
    .from(users)
    .where(and(inArray(users.role, told), isNull(users.disabledAt)))
    .orderBy(asc(users.id));
  for (const { id: userId, email } of people) {
    await enterScope(tx, userId);
    const chosen = await readNotices(tx, userId);
    if (alertSeverities.indexOf(severity) < alertSeverities.indexOf(chosen.severity)) continue;
    const { webhookIds } = chosen;
    await emitDeliveries(tx, jobs, { userId, webhookIds, topic: "alert.raised", data, now });
    if (chosen.email) await mailer.send(tx, { to: email, ...mailOf(alert, link, publicUrl) });
  }
}

/** Tells administrators of alerts that were raised since, each once on whichever node. */
export async function tellAlerts(input: TellInput): Promise<void> {
  const waiting = await input.database.raw`
    select id from alerts where told_at is null order by opened_at, id limit ${alertsPerRound}::int`;
  for (const { id } of waiting) {
    await input.database.transaction({}, (tx) => tell(tx, input, String(id)));
  }
}
