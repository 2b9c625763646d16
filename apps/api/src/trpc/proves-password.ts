import { users } from "@muniment/db/schema/users.ts";
import { eq } from "drizzle-orm";
import { AppError } from "../errors.ts";
import { verifyPassword } from "../identity/password.ts";
import type { UserPrincipal } from "../identity/principal.ts";
import type { Context } from "./context.ts";

/** Checks the caller's own password. @throws AppError `invalid_credentials` */
export async function provesPassword(
  ctx: Context & { principal: UserPrincipal },
  password: string,
): Promise<void> {
  const { database } = ctx.deps;
  const [user] = await database.as({}, () =>
    database.reads
      .select({ passwordHash: users.passwordHash })
      .from(users)
      .where(eq(users.id, ctx.principal.userId)),
  );
  if (user && (await verifyPassword(user.passwordHash, password))) return;
  throw new AppError("invalid_credentials", "The password is wrong.");
}
