import { createHash, randomBytes } from "node:crypto";
import type { Tx } from "@muniment/db/database.ts";
import { linkTokens } from "@muniment/db/schema/link-tokens.ts";
import { and, eq, gt } from "drizzle-orm";

type Row = typeof linkTokens.$inferSelect;

const hashOf = (token: string) => createHash("sha256").update(token).digest();

const fits = (purpose: Row["purpose"], token: string, now: Date) =>
  and(
    eq(linkTokens.hash, hashOf(token)),
    eq(linkTokens.purpose, purpose),
    gt(linkTokens.expiresAt, now),
  );

/** Makes a single-use token for a purpose; only its hash is stored, which `id` is another form of. */
export async function createLinkToken(
  tx: Tx,
  facts: Pick<Row, "purpose"> & Partial<Pick<Row, "email" | "role">>,
  now: Date,
  lifetimeSeconds: number,
): Promise<{ token: string; id: string; expiresAt: Date }> {
  const token = randomBytes(32).toString("base64url");
  const expiresAt = new Date(now.getTime() + lifetimeSeconds * 1000);
  const hash = hashOf(token);
  await tx.insert(linkTokens).values({ ...facts, hash, createdAt: now, expiresAt });
  return { token, id: hash.toString("base64url"), expiresAt };
}

/** Uses a token up: of parallel callers exactly one gets the row, and only if the transaction commits. */
export async function takeLinkToken(
  tx: Tx,
  purpose: Row["purpose"],
  token: string,
  now: Date,
): Promise<Row | undefined> {
  const [row] = await tx
    .delete(linkTokens)
    .where(fits(purpose, token, now))
    .returning();
  return row;
}

/** Whether a token could be used now; what costs something waits for it. */
export async function isLinkToken(
  tx: Pick<Tx, "select">,
  purpose: Row["purpose"],
  token: string,
  now: Date,
): Promise<boolean> {
  const found = await tx
    .select({ purpose: linkTokens.purpose })
    .from(linkTokens)
    .where(fits(purpose, token, now));
  return found.length > 0;
}
