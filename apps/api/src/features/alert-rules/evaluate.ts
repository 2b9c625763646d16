import type { Database, Tx } from "@muniment/db/database.ts";
import { alertFirings, alertRules } from "@muniment/db/schema/alert-rules.ts";
import { and, eq, lte, type SQL, sql } from "drizzle-orm";
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

type Taken = { rule: Rule; isHere: boolean };
/** Counts a part of what is to be counted, and answers what to note of it; null where there was nothing to do. */
type Look = (
  tx: Tx,
  taken: Taken,
  condition: SQL | undefined,
  now: Date,
) => Promise<Partial<Rule> | null>;

/** Locks a rule that is due; of nodes that come at once all but one find nothing. */
async function take(tx: Tx, id: string, by: Date | null): Promise<Taken | undefined> {
  const due = by === null ? undefined : lte(alertRules.nextCheckAt, by);
  const [taken] = await tx
    .select({ rule: alertRules, isHere })
    .from(alertRules)
    .where(and(eq(alertRules.id, id), eq(alertRules.enabled, true), due))
    .for("update", { skipLocked: true });
  return taken;
}

/** At what has arrived since the last time. */
const lookOn: Look = async (tx, { rule, isHere }, condition, now) => {
  if (!isHere) Object.assign(rule, await moveHere(tx, rule, condition, now));
  const { earlierXid, earlierPosition } = rule;
  const { more, ...seen } = await addArrivals(tx, rule, condition, now);
  const nextCheckAt = more ? now : after(now, pauseMilliseconds);
  return { ...seen, earlierXid, earlierPosition, nextCheckAt };
};

/** At a part of what had arrived before the rule was made. */
const lookBack: Look = async (tx, { rule, isHere }, condition, now) =>
  isHere && rule.earlierXid !== null ? addEarlier(tx, rule, condition, now) : null;

type Known = { userId: string; id: string; query: string };

/**
 * Takes a look, and opens or ends the alert with its notices, all in one transaction: an event is counted
 * once and a notice sent once, whichever nodes look at the rule, and whenever they end. With `by` only at a
 * rule that is due by then. Answers whether there is more of it.
 */
async function evaluate(
  input: EvaluateInput,
  { userId, id, query }: Known,
  by: Date | null,
  look: Look,
): Promise<boolean> {
  const { database, queries } = input;
  const condition = queries.condition(await queries.resolve(userId, query));
  const run = async (tx: Tx) => {
    const now = input.now();
    const taken = await take(tx, id, by);
    // Changed meanwhile, it is due again.
    if (!taken || taken.rule.query !== query) return false;
    const seen = await look(tx, taken, condition, now);
    if (!seen) return false;
    const { rule } = taken;
    const count = await countInWindow(tx, rule, now);
    const state = await judge(tx, input, rule, count, now);
    await tx
      .update(alertRules)
      .set({ ...seen, ...state, lastCount: count, problem: null })
      .where(eq(alertRules.id, id));
    return by === null ? seen.earlierXid !== null : seen.nextCheckAt === now;
  };
  // The user's condition is in a statement's text.
  return database.transaction({ userId }, run, { prepare: false });
}

/** Says why a rule cannot be judged, unless it was changed meanwhile. */
async function setAside({ database, now }: EvaluateInput, known: Known, why: string) {
  const { userId, id, query } = known;
  await database.transaction({ userId }, (tx) =>
    tx
      .update(alertRules)
      .set({ problem: why, nextCheckAt: after(now(), problemPauseMilliseconds) })
      .where(and(eq(alertRules.id, id), eq(alertRules.query, query))),
  );
}

type Due = { user_id: string; id: string };

/** One round of looks at rules, in their order. Answers whether there is more. */
async function evaluateSome(
  input: EvaluateInput,
  due: Due[],
  by: Date | null,
  look: Look,
): Promise<boolean> {
  const end = performance.now() + roundMilliseconds;
  let more = false;
  for (const { user_id: userId, id } of due) {
    if (performance.now() > end) return true;
    const [rule] = await input.database
      .background({ userId })
      .select({ query: alertRules.query })
      .from(alertRules)
      .where(eq(alertRules.id, id));
    if (!rule) continue;
    const known = { userId, id, ...rule };
    try {
      if (await evaluate(input, known, by, look)) more = true;
    } catch (error) {
      const isKnown = error instanceof AppError;
      if (!isKnown) input.log.warn({ err: error }, "an alert rule cannot be judged");
      const why = isKnown ? error.message : "The rule could not be judged. It is tried again.";
      await setAside(input, known, why);
    }
  }
  return more;
}

/** Goes through rounds while there is more, for a bounded time. */
async function inRounds(round: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + roundsMilliseconds;
  while ((await round()) && performance.now() < end);
}

/**
 * Looks at the rules that are due, those first that wait longest, but of each user one before a second;
 * with users at theirs alone, which are due sooner.
 */
export async function evaluateDue(input: EvaluateInput, whose?: readonly string[]): Promise<void> {
  const { database, now } = input;
  await inRounds(async () => {
    const by = after(now(), whose ? pauseMilliseconds - wokenPauseMilliseconds : 0);
    const due = await database.raw`
      select user_id, id from due_alert_rules(${by.toISOString()}::text::timestamptz, ${rulesPerRound}::int,
        ${whose ? `{${whose.join(",")}}` : null}::text::uuid[])`;
    return evaluateSome(input, due as unknown as Due[], by, lookOn);
  });
}

/** Looks at what had arrived within the windows of new rules, so that what arrives now need not wait for that. */
export async function lookBackDue(input: EvaluateInput): Promise<void> {
  await inRounds(async () => {
    const due = await input.database.raw`
      select user_id, id from new_alert_rules(${rulesPerRound}::int)`;
    return evaluateSome(input, due as unknown as Due[], null, lookBack);
  });
}
