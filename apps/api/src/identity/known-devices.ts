import { createHash, randomBytes } from "node:crypto";
import type { Database, Tx } from "@muniment/db/database.ts";
import { build } from "@muniment/db/prepared.ts";
import { knownDevices } from "@muniment/db/schema/known-devices.ts";
import { runIn } from "@muniment/db/transactions.ts";
import { and, desc, eq, notInArray, sql } from "drizzle-orm";

/** Devices kept per user, the latest used. */
const maxDevices = 20;
/** Of so many new devices within `noticeSeconds` the owner is told, so that no inbox is filled. */
const maxNotices = 5;
export const noticeSeconds = 600;
const nobody = "00000000-0000-0000-0000-000000000000";

/** Who an attempt is at; asked once at most. */
export type FindAccount = () => Promise<{ id: string } | undefined>;

const hashOf = (token: string) => createHash("sha256").update(token).digest();
const deviceAmong = build
  .select({ hash: knownDevices.hash })
  .from(knownDevices)
  .where(
    and(
      eq(knownDevices.userId, sql.placeholder("userId")),
      // Named statements take a fixed number of values, and no commas.
      sql`${knownDevices.hash} in (
        select decode(hash, 'hex') from string_to_table(${sql.placeholder("hashes")}, ' ') as hash
      )`,
    ),
  )
  .limit(1)
  .prepare("device_among");

/**
 * The known device of an account among the tokens that a browser presents, as text for a key; null
 * when none is. An account that does not exist takes the same queries, so that a token, old or made
 * up, tells nothing.
 */
export async function findKnownDevice(
  database: Database,
  findAccount: FindAccount,
  tokens: readonly string[],
): Promise<string | null> {
  if (tokens.length === 0) return null;
  const userId = (await findAccount())?.id ?? nobody;
  const hashes = tokens.map((token) => hashOf(token).toString("hex")).join(" ");
  const [device] = await database.run(deviceAmong, { userId }, { userId, hashes });
  return device ? Buffer.from(device.hash).toString("base64url") : null;
}

/** A browser that signs in: the token that it gets unless it presents one of the account already. */
export type Device = { token: string; hash: Buffer; tokens: readonly string[]; presented: string };

/** `presented` is an array of PostgreSQL: of the hashes of the tokens that were presented. */
export function createDevice(tokens: readonly string[]): Device {
  const token = randomBytes(32).toString("base64url");
  const hashes = tokens.map((known) => `"\\\\x${hashOf(known).toString("hex")}"`);
  return { token, hash: hashOf(token), tokens, presented: `{${hashes}}` };
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
  { token, tokens }: Device,
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
  const hashes = exceptTokens.map(hashOf);
  await tx
    .delete(knownDevices)
    .where(
      and(
        eq(knownDevices.userId, userId),
        hashes.length > 0 ? notInArray(knownDevices.hash, hashes) : undefined,
      ),
    );
}
