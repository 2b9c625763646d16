import type { Tx } from "@muniment/db/database.ts";
import { alerts } from "@muniment/db/schema/alerts.ts";
import { type AlertDetails, type AlertKind, alertKinds } from "@muniment/shared/alerts.ts";
import { isNull, sql } from "drizzle-orm";
import { v7 as uuidv7 } from "uuid";

type Facts<K extends AlertKind> = {
  /** Whom it is about; the alert goes with that account. */
  userId: string | null;
  /** What counts as the same: while an alert of this kind and key is open, it is only counted. */
  key: string;
  details: AlertDetails<K>;
  now: Date;
};

/** Raises an alert for administrators in the transaction of what it tells of. */
export async function raiseAlert<K extends AlertKind>(
  tx: Tx,
  kind: K,
  { userId, key, details, now }: Facts<K>,
): Promise<void> {
  const { severity, details: form } = alertKinds[kind];
  await tx
    .insert(alerts)
    .values({
      id: uuidv7(),
      kind,
      severity,
      key,
      aboutUserId: userId,
      details: form.parse(details),
      count: 1,
      openedAt: now,
      lastSeenAt: now,
    })
    .onConflictDoUpdate({
      target: [alerts.kind, alerts.key],
      targetWhere: isNull(alerts.resolvedAt),
      set: { count: sql`${alerts.count} + 1`, lastSeenAt: now },
    });
}
