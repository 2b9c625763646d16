import { createHash, randomBytes } from "node:crypto";
import type { Database, Tx } from "@muniment/db/database.ts";
import { challenges } from "@muniment/db/schema/challenges.ts";
import { and, eq, sql } from "drizzle-orm";
import { AppError } from "../errors.ts";
import { presentCredential } from "./scope.ts";

type Row = typeof challenges.$inferSelect;
type Place = Pick<Row, "purpose"> & Partial<Pick<Row, "userId" | "sessionId">>;

/** Long enough to fetch a phone, and half of what ASVS 5.0 allows (6.5.5). */
export const challengeSeconds = 300;
/** How far this node's clock may be behind that of the node which made a challenge. */
const clockSkewMilliseconds = 60_000;

const hashOf = (token: string) => createHash("sha256").update(token).digest();

/** What a challenge keeps of the password hash that was proved. */
export const passwordDigestOf = hashOf;

export const challengeOver = () =>
  new AppError("invalid_token", "This has expired or was used already. Begin again.");

/** Also not before it was made, so that a clock put back lengthens nothing. */
const isRunning = ({ createdAt, expiresAt }: Row, now: Date) =>
  now < expiresAt && now.getTime() >= createdAt.getTime() - clockSkewMilliseconds;

/** Makes a challenge: 256 random bits, of which only the hash is stored. */
export async function createChallenge(
  tx: Tx,
  facts: Place & Partial<Pick<Row, "passwordDigest">>,
  now: Date,
): Promise<string> {
  const token = randomBytes(32).toString("base64url");
  const hash = hashOf(token);
  const expiresAt = new Date(now.getTime() + challengeSeconds * 1000);
  // Whoever holds the challenge may see it, also where it names nobody.
  presentCredential(tx, hash.toString("hex"));
  await tx.insert(challenges).values({ ...facts, hash, createdAt: now, expiresAt });
  return token;
}

const within = <T>(database: Database, hash: Buffer, run: (tx: Tx) => Promise<T>) =>
  database.transaction({ credential: hash.toString("hex") }, run);

/**
 * Uses a challenge up at once, whatever becomes of the answer to it: of parallel callers exactly one
 * passes. It must have been made for `place`.
 * @throws AppError `invalid_token`
 */
export async function spendChallenge(
  database: Database,
  place: Place,
  token: string,
  now: Date,
): Promise<void> {
  const hash = hashOf(token);
  const [row] = await within(database, hash, (tx) =>
    tx.delete(challenges).where(eq(challenges.hash, hash)).returning(),
  );
  const { purpose, userId = null, sessionId = null } = place;
  const fits = row?.purpose === purpose && row.userId === userId && row.sessionId === sessionId;
  if (!row || !fits || !isRunning(row, now)) throw challengeOver();
}

/**
 * Takes one of the attempts of a challenge, committed before the answer is looked at, and answers the
 * challenge; null when it is unknown or over. One found expired is deleted, so that no clock brings it
 * back; one without attempts left stays, for the last of them may be under way.
 */
export async function takeAttempt(
  database: Database,
  purpose: Row["purpose"],
  token: string,
  { now, maxAttempts }: { now: Date; maxAttempts: number },
): Promise<Row | null> {
  const hash = hashOf(token);
  return within(database, hash, async (tx) => {
    const [row] = await tx
      .update(challenges)
      .set({ attempts: sql`${challenges.attempts} + 1` })
      .where(eq(challenges.hash, hash))
      .returning();
    if (!row || row.purpose !== purpose) return null;
    if (isRunning(row, now)) return row.attempts <= maxAttempts ? row : null;
    await tx.delete(challenges).where(eq(challenges.hash, hash));
    return null;
  });
}

/** Ends a challenge and answers it: of parallel callers exactly one gets it, and only if `tx` commits. */
export async function endChallenge(
  tx: Tx,
  purpose: Row["purpose"],
  token: string,
): Promise<Row | null> {
  const hash = hashOf(token);
  presentCredential(tx, hash.toString("hex"));
  const [ended] = await tx
    .delete(challenges)
    .where(and(eq(challenges.hash, hash), eq(challenges.purpose, purpose)))
    .returning();
  return ended ?? null;
}
