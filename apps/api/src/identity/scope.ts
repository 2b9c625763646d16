import type { Tx } from "@muniment/db/database.ts";
import { sql } from "drizzle-orm";

/** Moves the rest of a transaction into a user's scope: a new user's own, or one an administrator acts on. */
export async function enterScope(tx: Tx, userId: string): Promise<void> {
  await tx.execute(sql`select set_config('muniment.user_id', ${userId}, true)`);
}

/** Makes the row of a presented secret visible to the rest of a transaction, by the hex of its hash. */
export async function presentCredential(tx: Tx, hash: string): Promise<void> {
  await tx.execute(sql`select set_config('muniment.credential', ${hash}, true)`);
}
