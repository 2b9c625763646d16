import { createHash, randomBytes } from "node:crypto";
import type { Database, Tx } from "@muniment/db/database.ts";
import { insertion } from "@muniment/db/insertions.ts";
import { build } from "@muniment/db/prepared.ts";
import { knownDevices } from "@muniment/db/schema/known-devices.ts";
import { users } from "@muniment/db/schema/users.ts";
import { runIn, together } from "@muniment/db/transactions.ts";
import { and, desc, eq, inArray, ne, notInArray, sql } from "drizzle-orm";

/** Devices kept per user, the latest used. */
const maxDevices = 20;
/** Who signs in from several new devices within this time is told of the first. */
const noticeSeconds = 600;
const nobody = "00000000-0000-0000-0000-000000000000";

const hashOf = (token: string) => createHash("sha256").update(token).digest();
const named = (userId: string, tokens: readonly string[]) =>
  and(eq(knownDevices.userId, userId), inArray(knownDevices.hash, tokens.map(hashOf)));

/**
 * The known device of an account among the tokens that a browser presents, as text for a key; null
 * when none is. An account that does not exist takes the same queries, so that a token, old or made
 * up, tells nothing.
 */
export async function findKnownDevice(
  database: Database,
  email: string,
  tokens: readonly string[],
): Promise<string | null> {
  if (tokens.length === 0) return null;
  const [user] = await database
    .reads({})
    .select({ id: users.id })
    .from(users)
    .where(eq(users.email, email));
  const userId = user?.id ?? nobody;
  const [device] = await database
    .reads({ userId })
    .select({ hash: knownDevices.hash })
    .from(knownDevices)
    .where(named(userId, tokens))
    .limit(1);
  return device ? Buffer.from(device.hash).toString("base64url") : null;
}

const insertDevice = insertion(knownDevices);
/** Of the devices but one, which may be there by then or not: when the latest was new, and how many there are. */
const latestOther = build
  .select({ createdAt: knownDevices.createdAt, devices: sql<number>`count(*) over ()::int` })
  .from(knownDevices)
  .where(
    and(
      eq(knownDevices.userId, sql.placeholder("userId")),
      ne(knownDevices.hash, sql.placeholder("hash")),
    ),
  )
  .orderBy(desc(knownDevices.createdAt))
  .limit(1)
  .prepare("latest_other_device");

/**
 * Notes that a user signed in from a browser. Answers the tokens that it must hold from now on, and
 * whether to tell the owner of a new device. A token that was not given out for this very account
 * is never taken over: it could have been planted. The scope of `tx` must be the user's.
 */
export async function rememberDevice(
  tx: Tx,
  userId: string,
  tokens: readonly string[],
  now: Date,
): Promise<{ tokens: string[]; isNoticeDue: boolean }> {
  const known =
    tokens.length === 0
      ? []
      : await tx
          .update(knownDevices)
          .set({ lastUsedAt: now })
          .where(named(userId, tokens))
          .returning({ hash: knownDevices.hash });
  if (known.length > 0) return { tokens: [...tokens], isNoticeDue: false };

  const token = randomBytes(32).toString("base64url");
  const hash = hashOf(token);
  const [[latest]] = await together(
    runIn(tx, latestOther, { userId, hash }),
    insertDevice(tx, { userId, hash, createdAt: now, lastUsedAt: now }),
  );
  if (latest && latest.devices >= maxDevices) await forgetOldest(tx, userId);
  const since = latest ? now.getTime() - latest.createdAt.getTime() : Number.POSITIVE_INFINITY;
  return { tokens: [token, ...tokens], isNoticeDue: since >= noticeSeconds * 1000 };
}

async function forgetOldest(tx: Tx, userId: string): Promise<void> {
  const kept = tx
    .select({ hash: knownDevices.hash })
    .from(knownDevices)
    .where(eq(knownDevices.userId, userId))
    .orderBy(desc(knownDevices.lastUsedAt), desc(knownDevices.hash))
    .limit(maxDevices);
  await tx
    .delete(knownDevices)
    .where(and(eq(knownDevices.userId, userId), notInArray(knownDevices.hash, kept)));
}

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
