import type { Tx } from "@muniment/db/database.ts";
import { users } from "@muniment/db/schema/users.ts";
import { and, eq, isNull, ne, sql } from "drizzle-orm";
import { AppError } from "../errors.ts";

/**
 * Makes changes of who administrates take turns. Called before anything is read of the user whom a
 * change is about, so that what is read still holds when it is written (`last-admin.test.ts`).
 */
export async function takeTurn(tx: Tx): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtext('muniment administrators'))`);
}

/**
 * Takes a turn, and refuses to take away the last working administrator.
 * @throws AppError `last_admin`
 */
export async function keepAnAdmin(tx: Tx, exceptId: string): Promise<void> {
  await takeTurn(tx);
  const others = await tx
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.role, "admin"), isNull(users.disabledAt), ne(users.id, exceptId)))
    .limit(1);
  if (others.length === 0) throw new AppError("last_admin", "This is the last administrator.");
}
