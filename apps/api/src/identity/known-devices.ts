import { createHash, randomBytes } from "node:crypto";
import type { Tx } from "@muniment/db/database.ts";
import { build } from "@muniment/db/prepared.ts";
import { knownDevices } from "@muniment/db/schema/known-devices.ts";
import { runIn } from "@muniment/db/transactions.ts";
import { and, desc, eq, notInArray, sql } from "drizzle-orm";

/** Devices kept per user, the latest used. */
const maxDevices = 20;
/** Of so many new devices within `noticeSeconds` the owner is told, so that no inbox is filled. */
const maxNotices = 5;
export const noticeSeconds = 600;

/** What the database keeps of a token. */
export const hashOfDevice = (token: string) => createHash("sha256").update(token).digest();

/** The hashes of tokens, as an array of PostgreSQL. */
export const hashesOfDevices = (tokens: readonly string[]): string =>
  `{${tokens.map((token) => `"\\\\x${hashOfDevice(token).toString("hex")}"`)}}`;

/** The token that a browser gets unless it presents one of the account already. */
export type Device = { token: string; hash: Buffer };

export function createDevice(): Device {
  const token = randomBytes(32).toString("base64url");
  return { token, hash: hashOfDevice(token) };
}

/** The tokens that a browser must hold from now on, whether it is new, and whether to tell the owner. */
export type DeviceFacts = { tokens: string[]; isNew: boolean; isNoticeDue: boolean };

/**
 * What follows from a sign-in with a device, which was added unless it was known; `found` tells of the
 * account's devices as they were before. A token that was not given out for this very account is never
 * taken over: it could have been planted.
 */
export async function settleDevice(
  tx: Tx,
  userId: string,
  { token }: Device,
  tokens: readonly string[],
  found: { isKnown: boolean; devices: number; newOfLate: number },
): Promise<DeviceFacts> {
  if (found.isKnown) return { tokens: [...tokens], isNew: false, isNoticeDue: false };
  if (found.devices >= maxDevices) await runIn(tx, forgetOldest, { userId });
  return { tokens: [token, ...tokens], isNew: true, isNoticeDue: found.newOfLate < maxNotices };
}

const owned = eq(knownDevices.userId, sql.placeholder("userId"));
const latest = build
  .select({ hash: knownDevices.hash })
  .from(knownDevices)
  .where(owned)
  .orderBy(desc(knownDevices.lastUsedAt), desc(knownDevices.hash))
  .limit(maxDevices);
const forgetOldest = build
  .delete(knownDevices)
  .where(and(owned, notInArray(knownDevices.hash, latest)))
  .prepare("forget_oldest_devices");

/**
 * Forgets a user's devices, so that each counts as new again: where a password or a factor may have
 * been in other hands. The one that presents `exceptTokens` stays. The scope of `tx` must be the user's.
 */
export async function forgetDevices(
  tx: Tx,
  userId: string,
  exceptTokens: readonly string[] = [],
): Promise<void> {
  const hashes = exceptTokens.map(hashOfDevice);
  await tx
    .delete(knownDevices)
    .where(
      and(
        eq(knownDevices.userId, userId),
        hashes.length > 0 ? notInArray(knownDevices.hash, hashes) : undefined,
      ),
    );
}
