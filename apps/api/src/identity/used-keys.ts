import type { Database } from "@muniment/db/database.ts";
import type { Identities } from "./identities.ts";

/** Writes when API keys were last used, many at once and off the request path. */
export async function writeUsedKeys(database: Database, identities: Identities): Promise<void> {
  const used = identities.takeUsedKeys();
  if (used.size === 0) return;
  const rows = [...used].map(([id, at]) => ({ id, at: at.toISOString() }));
  try {
    await database.raw`select touch_api_keys(${JSON.stringify(rows)}::text::jsonb)`;
  } catch (error) {
    identities.returnUsedKeys(used);
    throw error;
  }
}
