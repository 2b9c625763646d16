import type { Tx } from "@muniment/db/database.ts";
import { challenges } from "@muniment/db/schema/challenges.ts";
import { passkeys, recoveryCodes, totpFactors } from "@muniment/db/schema/second-factors.ts";
import { users } from "@muniment/db/schema/users.ts";
import { and, eq, isNotNull, isNull } from "drizzle-orm";
import type { Config } from "../config.ts";
import { AppError } from "../errors.ts";
import { replaceRecoveryCodes } from "./recovery-codes.ts";

type User = typeof users.$inferSelect;

/** A user as they now are and stay until `tx` ends; null when deleted or disabled. */
export async function lockUser(tx: Tx, userId: string): Promise<User | null> {
  const [user] = await tx
    .select()
    .from(users)
    .where(and(eq(users.id, userId), isNull(users.disabledAt)))
    .for("no key update");
  return user ?? null;
}

/** The same for a user who is signed in. @throws AppError `not_signed_in` */
export async function lockSelf(tx: Tx, userId: string): Promise<User> {
  const user = await lockUser(tx, userId);
  if (!user) throw new AppError("not_signed_in", "This account is not there any more.");
  return user;
}

async function hasFactor(tx: Tx, userId: string): Promise<boolean> {
  const [totp] = await tx
    .select({ userId: totpFactors.userId })
    .from(totpFactors)
    .where(and(eq(totpFactors.userId, userId), isNotNull(totpFactors.secret)));
  if (totp) return true;
  const [passkey] = await tx
    .select({ id: passkeys.id })
    .from(passkeys)
    .where(eq(passkeys.userId, userId))
    .limit(1);
  return passkey !== undefined;
}

/**
 * Takes every second factor of a locked user away, with recovery codes and half-done sign-ins. The
 * scope of `tx` must be theirs.
 */
export async function removeFactors(
  tx: Tx,
  userId: string,
): Promise<{ totp: boolean; passkeys: number }> {
  const apps = await tx.delete(totpFactors).where(eq(totpFactors.userId, userId)).returning();
  const keys = await tx.delete(passkeys).where(eq(passkeys.userId, userId)).returning();
  await tx.delete(recoveryCodes).where(eq(recoveryCodes.userId, userId));
  await tx.delete(challenges).where(eq(challenges.userId, userId));
  return { totp: apps.some(({ secret }) => secret !== null), passkeys: keys.length };
}

/**
 * After a factor of a locked user was added or removed: half-done sign-ins end, and with the first
 * factor come recovery codes, which go with the last. Answers new codes, or null.
 * @throws AppError `last_factor` or `password_too_short` where the user cannot be without
 */
export async function settleFactors(
  tx: Tx,
  { requireMfa }: Pick<Config, "requireMfa">,
  user: User,
  now: Date,
): Promise<string[] | null> {
  const { id } = user;
  await tx.delete(challenges).where(eq(challenges.userId, id));
  if (await hasFactor(tx, id)) {
    if (user.secondFactorAt) return null;
    await tx.update(users).set({ secondFactorAt: now }).where(eq(users.id, id));
    return replaceRecoveryCodes(tx, id);
  }
  if (requireMfa.includes(user.role)) {
    throw new AppError("last_factor", "Your role needs a second factor. Add another one first.");
  }
  if (user.passwordIsShort) {
    throw new AppError("password_too_short", "Choose a password that may stand alone first.");
  }
  await tx.update(users).set({ secondFactorAt: null }).where(eq(users.id, id));
  await tx.delete(recoveryCodes).where(eq(recoveryCodes.userId, id));
  return null;
}
