import type { Database } from "@muniment/db/database.ts";
import { sql } from "drizzle-orm";
import type { KeyPlaces } from "../abuse/key-places.ts";
import type { Identities } from "./identities.ts";

/** Writes when API keys were last used, and where from, many at once and off the request path. */
export async function writeUsedKeys(
  database: Database,
  identities: Identities,
  places: KeyPlaces,
): Promise<void> {
  const used = identities.takeUsedKeys();
  if (used.size === 0) return;
  const rows = [...used].map(([id, { at }]) => ({ id, at: at.toISOString() }));
  try {
    await database.transaction({}, async (tx) => {
      // Nodes that write the same keys must take turns, or they deadlock.
      await tx.execute(sql`select pg_advisory_xact_lock(hashtext('muniment used keys'))`);
      await tx.execute(sql`select touch_api_keys(${JSON.stringify(rows)}::text::jsonb)`);
    });
  } catch (error) {
    identities.returnUsedKeys(used);
    throw error;
  }
  await places.write(used);
}
