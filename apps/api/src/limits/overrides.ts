import type { Database } from "@muniment/db/database.ts";
import type { Limits } from "./limiter.ts";

let reads = 0;
const inForce = new WeakMap<Limits, number>();

/** Reads the limits that an administrator has changed and puts them in force on this node. */
export async function loadLimitOverrides(database: Database, limits: Limits): Promise<void> {
  reads += 1;
  const read = reads;
  const rows = await database.raw`
    select name, points, duration_seconds as "durationSeconds" from limit_overrides`;
  // A slow read must not undo what a later one has put in force.
  if (read < (inForce.get(limits) ?? 0)) return;
  inForce.set(limits, read);
  limits.override(
    new Map(rows.map(({ name, points, durationSeconds }) => [name, { points, durationSeconds }])),
  );
}
