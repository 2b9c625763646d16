import type { Tx } from "@muniment/db/database.ts";
import { users } from "@muniment/db/schema/users.ts";
import { and, eq, isNull } from "drizzle-orm";
import { AppError } from "../errors.ts";
import { verifyPassword } from "../identity/password.ts";
import type { UserPrincipal } from "../identity/principal.ts";
import type { Context } from "./context.ts";

/** Checks the caller's own password and answers the hash that it fits. @throws AppError `invalid_credentials` */
export async function provesPassword(
  ctx: Context & { principal: UserPrincipal },
  password: string,
): Promise<string> {
  const { database } = ctx.deps;
  const [user] = await database.as({}, () =>
    database.reads
      .select({ passwordHash: users.passwordHash })
      .from(users)
      .where(eq(users.id, ctx.principal.userId)),
  );
  if (user && (await verifyPassword(user.passwordHash, password))) return user.passwordHash;
  throw new AppError("invalid_credentials", "The password is wrong.");
}

/**
 * Begins the change that a verified password allows: the account must still have that hash and not
 * be disabled, and it stays so until the transaction ends (`sign-in-races.test.ts`).
 * @throws AppError `invalid_credentials`
 */
export async function requireUnchanged(tx: Tx, id: string, passwordHash: string): Promise<void> {
  const found = await tx
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.id, id), eq(users.passwordHash, passwordHash), isNull(users.disabledAt)))
    // A shared lock would deadlock with its like as soon as both write the row.
    .for("no key update");
  if (found.length > 0) return;
  throw new AppError("invalid_credentials", "The e-mail address or the password is wrong.");
}
