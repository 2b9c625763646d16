import type { Database, Tx } from "@muniment/db/database.ts";
import { alerts } from "@muniment/db/schema/alerts.ts";
import type { JudgedCheck } from "@muniment/shared/posture.ts";
import { and, eq, sql } from "drizzle-orm";
import { raiseAlert } from "../alerts/raise.ts";
import { diskSpaceCheck } from "./checks/disks.ts";
import type { OwnPosture } from "./own-posture.ts";

/** Whatever makes these fail raises an alert of its own, and sooner. */
const toldElsewhere: ReadonlySet<string> = new Set(["audit.sealed", "audit.witnesses"]);

/** What is so of one node and not of another: each node has an alert of its own. */
const ofEachNode: ReadonlySet<string> = new Set([diskSpaceCheck]);

/** `node` names the one that looked. */
type Input = {
  database: Pick<Database, "transaction">;
  posture: OwnPosture;
  node: string;
  now: () => Date;
};
type Seen = Pick<JudgedCheck, "id" | "status">;

/** Alerts of checks that have not passed since; one that somebody resolved meanwhile stays one of them. */
const notPassed = and(
  eq(alerts.kind, "posture_worsened"),
  sql`${alerts.details} ->> 'passedAt' is null`,
);

/** What the alert of a check is about, by which no other node resolves it. */
const aboutOf = (check: string, node: string) =>
  ofEachNode.has(check)
    ? { key: `${check} ${node}`, facts: { check, node } }
    : { key: check, facts: { check } };
type About = ReturnType<typeof aboutOf>;

async function raise(tx: Tx, { key, facts }: About, now: Date) {
  const details = { ...facts, passedAt: null };
  await raiseAlert(tx, "posture_worsened", { userId: null, key, details, now });
}

async function resolve(tx: Tx, { key, facts }: About, now: Date) {
  const details = { ...facts, passedAt: now.toISOString() };
  const resolvedAt = sql`coalesce(${alerts.resolvedAt}, ${now.toISOString()})`;
  await tx
    .update(alerts)
    .set({ details, resolvedAt })
    .where(and(eq(alerts.key, key), notPassed));
}

/** Raises an alert once for each check that has begun to fail, and resolves it when it fails no longer. */
export async function tellOfChecks(
  { database, node, now }: Omit<Input, "posture">,
  seen: readonly Seen[],
): Promise<void> {
  await database.transaction({}, async (tx) => {
    const rows = await tx.select({ key: alerts.key }).from(alerts).where(notPassed);
    const failing = new Set(rows.map(({ key }) => key));
    for (const { id, status } of seen) {
      const about = aboutOf(id, node);
      if (status === "fail" && !failing.has(about.key)) await raise(tx, about, now());
      // What was skipped could not be seen: it may still fail.
      const isBetter = status === "pass" || status === "warn";
      if (isBetter && failing.has(about.key)) await resolve(tx, about, now());
    }
  });
}

/** Tells of what the server's posture says now. */
export function watchPosture({ posture, ...telling }: Input): () => Promise<void> {
  return async () => {
    const { checks } = await posture.read();
    const watched = checks.filter(({ id }) => !toldElsewhere.has(id));
    await tellOfChecks(telling, watched);
  };
}
