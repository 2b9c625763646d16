import type { Tx } from "@muniment/db/database.ts";
import { users } from "@muniment/db/schema/users.ts";
import { isUniqueViolation } from "@muniment/db/unavailable.ts";
import { eq } from "drizzle-orm";
import { AppError } from "../../errors.ts";

type Columns = Pick<typeof users.$inferInsert, "email"> &
  Partial<Pick<typeof users.$inferInsert, "passwordHash" | "passwordIsShort">>;

/**
 * Sets the address of an account, and what changes with it.
 * @throws AppError `already_exists` when another account has it by now
 */
export async function setAddress(tx: Tx, userId: string, columns: Columns): Promise<void> {
  await tx
    .update(users)
    .set(columns)
    .where(eq(users.id, userId))
    .catch((cause: unknown) => {
      if (!isUniqueViolation(cause)) throw cause;
      throw new AppError("already_exists", "Another account has this address now.", { cause });
    });
}
