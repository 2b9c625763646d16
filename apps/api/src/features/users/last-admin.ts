import type { Tx } from "@muniment/db/database.ts";
import { users } from "@muniment/db/schema/users.ts";
import { and, eq, isNull, ne, sql } from "drizzle-orm";
import { AppError } from "../../errors.ts";

/**
 * Refuses to take away the last working administrator. Changes of administrators take turns, so
 * that two of them cannot remove each other at once.
 * @throws AppError `last_admin`
 */
export async function keepAnAdmin(tx: Tx, exceptId: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtext('muniment administrators'))`);
  const others = await tx
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.role, "admin"), isNull(users.disabledAt), ne(users.id, exceptId)))
    .limit(1);
  if (others.length === 0) throw new AppError("last_admin", "This is the last administrator.");
}
