import type { witnessedLogs, witnesses } from "@muniment/db/schema/witnesses.ts";
import type { Witness, WitnessedLog } from "@muniment/shared/witnesses.ts";
import { withoutPath } from "../../witnesses/manage.ts";

/** A place as who has `witnesses:write` sees it. */
export const toWitness = (row: typeof witnesses.$inferSelect): Witness => ({
  id: row.id,
  kind: row.kind,
  target: row.target,
  key: row.key,
  retainDays: row.bucket?.retainDays ?? null,
  everySeconds: row.everySeconds,
  createdAt: row.createdAt.toISOString(),
  confirmedSize: row.confirmedSize,
  confirmedAt: row.confirmedAt?.toISOString() ?? null,
  failingSince: row.failingSince?.toISOString() ?? null,
  problem: row.problem,
  contradicts: row.contradicts,
});

/** The same for everybody else. */
export const toWitnessInPart = (row: typeof witnesses.$inferSelect): Witness => ({
  ...toWitness(row),
  target: withoutPath(row.kind, row.target),
});

export const toWitnessedLog = (row: typeof witnessedLogs.$inferSelect): WitnessedLog => ({
  id: row.id,
  origin: row.origin,
  keys: row.keys,
  createdAt: row.createdAt.toISOString(),
  size: row.size,
  cosignedAt: row.cosignedAt?.toISOString() ?? null,
});
