import type { Tx } from "@muniment/db/database.ts";
import { alerts } from "@muniment/db/schema/alerts.ts";
import { type AlertDetails, type AlertKind, alertKinds } from "@muniment/shared/alerts.ts";
import { and, eq, gte, isNotNull, isNull, lt, sql } from "drizzle-orm";
import { v7 as uuidv7 } from "uuid";

type Facts<K extends AlertKind> = {
  /** Whom it is about; the alert goes with that account. */
  userId: string | null;
  /** What counts as the same: while an alert of this kind and key is open, it is only counted. */
  key: string;
  details: AlertDetails<K>;
  now: Date;
  /**
   * Where it was counted elsewhere, how often and when last: an open alert then tells that in place of
   * counting the call, and what a resolved one told of is not raised again.
   */
  seen?: { times: number; lastAt: Date };
};

/** Whether somebody was done with one of these that told of as much. */
async function isResolved(tx: Tx, kind: AlertKind, key: string, lastAt: Date): Promise<boolean> {
  const same = and(eq(alerts.kind, kind), eq(alerts.key, key));
  // Whoever is resolving the open one is waited for, or it would seem open here and closed to the insert.
  await tx
    .select({ id: alerts.id })
    .from(alerts)
    .where(and(same, isNull(alerts.resolvedAt)))
    .for("update");
  const [resolved] = await tx
    .select({ id: alerts.id })
    .from(alerts)
    .where(and(same, isNotNull(alerts.resolvedAt), gte(alerts.lastSeenAt, lastAt)))
    .limit(1);
  return resolved !== undefined;
}

/** Raises an alert for administrators in the transaction of what it tells of. */
export async function raiseAlert<K extends AlertKind>(
  tx: Tx,
  kind: K,
  { userId, key, details: given, now, seen }: Facts<K>,
): Promise<void> {
  const { severity, details: form } = alertKinds[kind];
  const details = form.parse(given);
  if (seen && (await isResolved(tx, kind, key, seen.lastAt))) return;
  await tx
    .insert(alerts)
    .values({
      id: uuidv7(),
      kind,
      severity,
      key,
      aboutUserId: userId,
      details,
      count: seen?.times ?? 1,
      openedAt: now,
      lastSeenAt: seen?.lastAt ?? now,
    })
    .onConflictDoUpdate({
      target: [alerts.kind, alerts.key],
      targetWhere: isNull(alerts.resolvedAt),
      set: seen
        ? {
            details,
            count: sql`greatest(${alerts.count}, excluded.count)`,
            lastSeenAt: seen.lastAt,
          }
        : { count: sql`${alerts.count} + 1`, lastSeenAt: now },
      ...(seen ? { setWhere: lt(alerts.lastSeenAt, seen.lastAt) } : {}),
    });
}
