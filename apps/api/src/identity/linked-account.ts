import type { Tx } from "@muniment/db/database.ts";
import { users } from "@muniment/db/schema/users.ts";
import { and, eq, isNull } from "drizzle-orm";
import type { Deps } from "../deps.ts";
import { AppError } from "../errors.ts";
import { findUser } from "./find-user.ts";
import { takeLinkToken } from "./link-token.ts";
import { hashNewPassword } from "./new-password.ts";
import { enterScope } from "./scope.ts";

type User = typeof users.$inferSelect;
type Link = NonNullable<Awaited<ReturnType<typeof takeLinkToken>>>;

/** What a link that does not fit is answered, whatever the cause. */
export const wrongLink = () =>
  new AppError("invalid_token", "This link is not valid any more: it was used or has expired.");

/**
 * Uses up the link that was found for an account, and answers the account, which stays as it is until
 * the transaction ends. Moves `tx` into the account's scope.
 * @throws AppError `invalid_token` also where the account is disabled or gone
 */
export async function takeAccountLink(
  tx: Tx,
  found: Link,
  token: string,
  now: Date,
): Promise<{ user: User; link: Link }> {
  if (found.userId === null) throw wrongLink();
  enterScope(tx, found.userId);
  // The account before the link, as every other change of it does: else the two would deadlock.
  const [user] = await tx
    .select()
    .from(users)
    .where(and(eq(users.id, found.userId), isNull(users.disabledAt)))
    .for("no key update");
  const link = user && (await takeLinkToken(tx, found.purpose, token, now));
  if (!link) throw wrongLink();
  return { user, link };
}

/**
 * Judges and hashes the password that a link's account shall get; answers the columns to store. Slow:
 * never inside a transaction.
 * @throws AppError `weak_password`, `invalid_token`
 */
export async function newPasswordOf(
  deps: Pick<Deps, "database" | "config">,
  { userId }: Link,
  password: string,
): ReturnType<typeof hashNewPassword> {
  const { database } = deps;
  if (userId === null) throw wrongLink();
  const [user] = await findUser(database, userId);
  if (!user) throw wrongLink();
  return hashNewPassword(deps, password, user);
}
