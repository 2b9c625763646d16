import { createHash, randomInt } from "node:crypto";
import type { Tx } from "@muniment/db/database.ts";
import { recoveryCodes } from "@muniment/db/schema/second-factors.ts";
import { recoveryCodeCount } from "@muniment/shared/second-factors.ts";
import { and, eq } from "drizzle-orm";

/** Crockford's base32: no letter that looks like a digit. */
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/** 24 characters of 5 bits: more than the 112 from which on a plain hash is enough (ASVS 5.0, 6.5.2). */
const pattern = /^[0-9A-HJKMNP-TV-Z]{24}$/;

const hashOf = (code: string) => createHash("sha256").update(code).digest();

function newRecoveryCode(): string {
  const characters = Array.from({ length: 24 }, () => alphabet[randomInt(alphabet.length)]);
  return characters.join("").replaceAll(/(.{6})(?!$)/g, "$1-");
}

/** A recovery code as it is hashed, whatever case, spaces and look-alikes it was typed with; null when it is none. */
function readRecoveryCode(text: string): string | null {
  const code = text
    .toUpperCase()
    .replaceAll(/[\s-]/g, "")
    .replaceAll("O", "0")
    .replaceAll(/[IL]/g, "1");
  return pattern.test(code) ? code : null;
}

/** Replaces a user's recovery codes and answers the new ones, which nothing can show again. */
export async function replaceRecoveryCodes(tx: Tx, userId: string): Promise<string[]> {
  const codes = Array.from({ length: recoveryCodeCount }, newRecoveryCode);
  await tx.delete(recoveryCodes).where(eq(recoveryCodes.userId, userId));
  await tx
    .insert(recoveryCodes)
    .values(codes.map((code) => ({ userId, hash: hashOf(code.replaceAll("-", "")) })));
  return codes;
}

/** Uses a recovery code up: of parallel callers exactly one succeeds, and only if `tx` commits. */
export async function takeRecoveryCode(tx: Tx, userId: string, text: string): Promise<boolean> {
  const code = readRecoveryCode(text);
  if (code === null) return false;
  const taken = await tx
    .delete(recoveryCodes)
    .where(and(eq(recoveryCodes.userId, userId), eq(recoveryCodes.hash, hashOf(code))))
    .returning({ userId: recoveryCodes.userId });
  return taken.length > 0;
}
