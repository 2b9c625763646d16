import type { Database, Tx } from "@muniment/db/database.ts";
import { alerts } from "@muniment/db/schema/alerts.ts";
import type { JudgedCheck } from "@muniment/shared/posture.ts";
import { and, eq, sql } from "drizzle-orm";
import { raiseAlert } from "../alerts/raise.ts";
import type { OwnPosture } from "./own-posture.ts";

/** Whatever makes these fail raises an alert of its own, and sooner. */
const toldElsewhere: ReadonlySet<string> = new Set(["audit.sealed", "audit.witnesses"]);

type Input = { database: Database; posture: OwnPosture; now: () => Date };
type Seen = Pick<JudgedCheck, "id" | "status">;

/** Alerts of checks that have not passed since; one that somebody resolved meanwhile stays one of them. */
const notPassed = and(
  eq(alerts.kind, "posture_worsened"),
  sql`${alerts.details} ->> 'passedAt' is null`,
);

async function raise(tx: Tx, check: string, now: Date) {
  const details = { check, passedAt: null };
  await raiseAlert(tx, "posture_worsened", { userId: null, key: check, details, now });
}

async function resolve(tx: Tx, check: string, now: Date) {
  const details = { check, passedAt: now.toISOString() };
  const resolvedAt = sql`coalesce(${alerts.resolvedAt}, ${now.toISOString()})`;
  await tx
    .update(alerts)
    .set({ details, resolvedAt })
    .where(and(eq(alerts.key, check), notPassed));
}

/** Raises an alert once for each check that has begun to fail, and resolves it when it fails no longer. */
export async function tellOfChecks(
  { database, now }: Pick<Input, "database" | "now">,
  seen: readonly Seen[],
): Promise<void> {
  await database.transaction({}, async (tx) => {
    const rows = await tx.select({ key: alerts.key }).from(alerts).where(notPassed);
    const failing = new Set(rows.map(({ key }) => key));
    for (const { id, status } of seen) {
      if (status === "fail" && !failing.has(id)) await raise(tx, id, now());
      // What was skipped could not be seen: it may still fail.
      const isBetter = status === "pass" || status === "warn";
      if (isBetter && failing.has(id)) await resolve(tx, id, now());
    }
  });
}

/** Tells of what the server's posture says now. */
export function watchPosture({ database, posture, now }: Input): () => Promise<void> {
  return async () => {
    const { checks } = await posture.read();
    const watched = checks.filter(({ id }) => !toldElsewhere.has(id));
    await tellOfChecks({ database, now }, watched);
  };
}
