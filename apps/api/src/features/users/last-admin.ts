import type { Tx } from "@muniment/db/database.ts";
import { users } from "@muniment/db/schema/users.ts";
import { and, eq, isNull, ne, sql } from "drizzle-orm";
import { AppError } from "../../errors.ts";

/**
 * Refuses to take away the last working administrator. Called before anything is read of the user
 * whom a change is about: such changes take turns, so that what each of them reads still holds when
 * it writes (`last-admin.test.ts`).
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
