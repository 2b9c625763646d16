import type { Tx } from "@muniment/db/database.ts";
import { enter } from "@muniment/db/transactions.ts";

/** Moves the rest of a transaction into a user's scope: a new user's own, or one an administrator acts on. */
export const enterScope = (tx: Tx, userId: string): void => enter(tx, { userId });

/** Makes the row of a presented secret visible to the rest of a transaction, by the hex of its hash. */
export const presentCredential = (tx: Tx, hash: string): void => enter(tx, { credential: hash });
