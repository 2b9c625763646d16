import { randomBytes } from "node:crypto";
import type { Tx } from "@muniment/db/database.ts";
import { users } from "@muniment/db/schema/users.ts";
import { eq } from "drizzle-orm";
import type { Config } from "../config.ts";
import { removeFactors } from "./factor-changes.ts";
import { forgetDevices } from "./known-devices.ts";
import { dropAccountLinks } from "./link-token.ts";
import { hashPassword } from "./password.ts";

/** The hash of a password that nobody knows. Slow: never inside a transaction. */
export const unknownPassword = ({ argon2 }: Pick<Config, "argon2">) =>
  hashPassword(randomBytes(32).toString("base64url"), argon2);

/**
 * What is done where a user lost every second factor: factors, devices and links go, and so does the
 * password, so that only a link to set another leads back in (docs/adr/0018-second-factors.md). The
 * user is locked (`lockUser`), the scope of `tx` theirs; ending the sessions is left to the caller.
 */
export async function dropProofs(
  tx: Tx,
  userId: string,
  passwordHash: string,
): Promise<{ totp: boolean; passkeys: number }> {
  const removed = await removeFactors(tx, userId);
  await tx
    .update(users)
    .set({ passwordHash, passwordIsShort: false, secondFactorAt: null })
    .where(eq(users.id, userId));
  await dropAccountLinks(tx, userId);
  await forgetDevices(tx, userId);
  return removed;
}
