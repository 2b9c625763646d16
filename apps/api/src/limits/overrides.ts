import type { Database } from "@muniment/db/database.ts";
import { limitOverrides } from "@muniment/db/schema/limits.ts";
import type { Limits } from "./limiter.ts";

/** Reads the limits that an administrator has changed and puts them in force on this node. */
export async function loadLimitOverrides(database: Database, limits: Limits): Promise<void> {
  const rows = await database.as({}, () => database.reads.select().from(limitOverrides));
  limits.override(
    new Map(rows.map(({ name, points, durationSeconds }) => [name, { points, durationSeconds }])),
  );
}
