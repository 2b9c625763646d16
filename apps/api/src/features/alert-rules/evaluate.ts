import type { Database, Tx } from "@muniment/db/database.ts";
import { alertFirings, alertRules } from "@muniment/db/schema/alert-rules.ts";
import { and, eq, lte, sql } from "drizzle-orm";
import type { Logger } from "pino";
import { v7 as uuidv7 } from "uuid";
import { AppError } from "../../errors.ts";
import type { EventQueries } from "../../event-queries.ts";
import { addArrivals, addEarlier, countInWindow, moveHere, type Rule } from "./arrivals.ts";
import { isToldEnough, type Notifier, sendNotice } from "./notices.ts";

export type EvaluateInput = Notifier & {
  database: Database;
  queries: EventQueries;
  now: () => Date;
  log: Logger;
};

/** A rule is looked at no oftener unless its user's events have just come, and one that cannot be judged much later. */
const pauseMilliseconds = 1000;
const wokenPauseMilliseconds = 250;
const problemPauseMilliseconds = 60_000;
/** Rules of one round, and how long it may last: in the next those come first that have waited meanwhile. */
const rulesPerRound = 200;
const roundMilliseconds = 250;
/** How long rounds follow each other while there is more to look at. */
const roundsMilliseconds = 2000;

const after = (now: Date, milliseconds: number) => new Date(now.getTime() + milliseconds);

/** Whether a notice goes out for a rule that begins to fire. */
async function isTold(tx: Tx, rule: Rule, now: Date): Promise<boolean> {
  if (rule.mutedUntil !== null && rule.mutedUntil > now) return false;
  const quietUntil = rule.lastNoticeAt && after(rule.lastNoticeAt, rule.cooldownMinutes * 60_000);
  if (quietUntil !== null && quietUntil > now) return false;
  return !(await isToldEnough(tx, rule.userId, now));
}

async function open(tx: Tx, input: EvaluateInput, rule: Rule, count: number, now: Date) {
  const notified = await isTold(tx, rule, now);
  const id = uuidv7();
  const { id: ruleId, userId, threshold, windowMinutes } = rule;
  const opened = { id, ruleId, userId, openedAt: now, threshold, windowMinutes };
  await tx.insert(alertFirings).values({ ...opened, count, peak: count, notified });
  if (notified) {
    await sendNotice(tx, input, rule, "alert_rule.fired", { count, openedAt: now }, now);
  }
  return { firingId: id, firingSince: now, ...(notified ? { lastNoticeAt: now } : {}) };
}

/** Ends a firing; who was told of its beginning is told of its end. */
async function resolve(tx: Tx, input: EvaluateInput, rule: Rule, firingId: string, now: Date) {
  const [firing] = await tx
    .update(alertFirings)
    .set({ resolvedAt: now })
    .where(eq(alertFirings.id, firingId))
    .returning();
  const isMuted = rule.mutedUntil !== null && rule.mutedUntil > now;
  if (firing?.notified && !isMuted) {
    const { openedAt, peak } = firing;
    const facts = { peak, openedAt, resolvedAt: now };
    await sendNotice(tx, input, rule, "alert_rule.resolved", facts, now);
  }
  return { firingId: null, firingSince: null };
}

async function judge(tx: Tx, input: EvaluateInput, rule: Rule, count: number, now: Date) {
  const fires = count > rule.threshold;
  if (fires && rule.firingId === null) return open(tx, input, rule, count, now);
  if (!fires && rule.firingId !== null) return resolve(tx, input, rule, rule.firingId, now);
  if (rule.firingId !== null) {
    await tx
      .update(alertFirings)
      .set({ peak: sql`greatest(${alertFirings.peak}, ${count})` })
      .where(eq(alertFirings.id, rule.firingId));
  }
  return {};
}

/** Whether this cluster wrote the row, which says how far the rule has looked here, and did not restore it. */
const isHere = sql<boolean>`${alertRules}.xmin = ${alertRules.writtenXid}::xid
  and ${alertRules.seenXid} < pg_snapshot_xmax(pg_current_snapshot())`;

/** Locks a rule that is due; of nodes that come at once all but one find nothing. */
async function take(tx: Tx, id: string, by: Date) {
  const [taken] = await tx
    .select({ rule: alertRules, isHere })
    .from(alertRules)
    .where(
      and(eq(alertRules.id, id), eq(alertRules.enabled, true), lte(alertRules.nextCheckAt, by)),
    )
    .for("update", { skipLocked: true });
  return taken;
}

/**
 * Looks at what has arrived, and opens or ends the alert with its notices, all in one transaction: an
 * event is counted once and a notice sent once, whichever nodes look at the rule, and whenever they end.
 * Answers whether there is more to look at.
 */
async function evaluate(input: EvaluateInput, userId: string, id: string, by: Date) {
  const { database, queries } = input;
  const [known] = await database
    .reads({ userId })
    .select({ query: alertRules.query })
    .from(alertRules)
    .where(eq(alertRules.id, id));
  if (!known) return false;
  const condition = queries.condition(await queries.resolve(userId, known.query));
  const look = async (tx: Tx) => {
    const now = input.now();
    const taken = await take(tx, id, by);
    // Changed meanwhile, it is due again.
    if (!taken || taken.rule.query !== known.query) return false;
    const { rule } = taken;
    if (!taken.isHere) Object.assign(rule, await moveHere(tx, rule, condition, now));
    const { more: isBehind, ...seen } = await addArrivals(tx, rule, condition, now);
    const earlier = await addEarlier(tx, rule, condition, now);
    const more = isBehind || earlier.earlierXid !== null;
    const count = await countInWindow(tx, rule, now);
    const state = await judge(tx, input, rule, count, now);
    await tx
      .update(alertRules)
      .set({
        ...seen,
        ...earlier,
        ...state,
        lastCount: count,
        problem: null,
        nextCheckAt: more ? now : after(now, pauseMilliseconds),
      })
      .where(eq(alertRules.id, id));
    return more;
  };
  // The user's condition is in a statement's text.
  return database.transaction({ userId }, look, { prepare: false });
}

async function setAside({ database, now }: EvaluateInput, userId: string, id: string, why: string) {
  await database.transaction({ userId }, (tx) =>
    tx
      .update(alertRules)
      .set({ problem: why, nextCheckAt: after(now(), problemPauseMilliseconds) })
      .where(eq(alertRules.id, id)),
  );
}

/** One round over the rules that are due, of each user one before a second. Answers whether there is more. */
async function evaluateSome(input: EvaluateInput, whose?: readonly string[]): Promise<boolean> {
  const { database, now, log } = input;
  const end = performance.now() + roundMilliseconds;
  const by = after(now(), whose ? pauseMilliseconds - wokenPauseMilliseconds : 0);
  const due = await database.raw`
    select user_id, id from due_alert_rules(${by.toISOString()}::text::timestamptz, ${rulesPerRound}::int,
      ${whose ? `{${whose.join(",")}}` : null}::text::uuid[])`;
  let more = false;
  for (const { user_id: userId, id } of due as unknown as { user_id: string; id: string }[]) {
    if (performance.now() > end) return true;
    try {
      if (await evaluate(input, userId, id, by)) more = true;
    } catch (error) {
      const isKnown = error instanceof AppError;
      if (!isKnown) log.warn({ err: error }, "an alert rule cannot be judged");
      const why = isKnown ? error.message : "The rule could not be judged. It is tried again.";
      await setAside(input, userId, id, why);
    }
  }
  return more;
}

/**
 * Looks at the rules that are due, those first that wait longest; with users at theirs alone, which are due
 * sooner.
 */
export async function evaluateDue(input: EvaluateInput, whose?: readonly string[]): Promise<void> {
  const end = performance.now() + roundsMilliseconds;
  while ((await evaluateSome(input, whose)) && performance.now() < end);
}
