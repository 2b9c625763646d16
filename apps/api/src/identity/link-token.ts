import { createHash, randomBytes } from "node:crypto";
import type { Database, Tx } from "@muniment/db/database.ts";
import { build, textPlaceholder } from "@muniment/db/prepared.ts";
import { linkTokens } from "@muniment/db/schema/link-tokens.ts";
import { and, eq, gt, gte, inArray, max, type Placeholder, type SQL, sql } from "drizzle-orm";
import { v7 as uuidv7 } from "uuid";

type Row = typeof linkTokens.$inferSelect;
type Purpose = Row["purpose"];

const hashOf = (token: string) => createHash("sha256").update(token).digest();

const isNamed = (hash: Buffer | Placeholder, purpose: Purpose | SQL) =>
  and(eq(linkTokens.hash, hash), eq(linkTokens.purpose, purpose));
const named = (purpose: Purpose, token: string) => isNamed(hashOf(token), purpose);

const tokenOfPurpose = build
  .select()
  .from(linkTokens)
  .where(isNamed(sql.placeholder("hash"), textPlaceholder("purpose")))
  .prepare("token_of_purpose");

/**
 * Makes a single-use token for a purpose, of which only the hash is stored; `id` names it where the
 * token must not be told. With a `userId` the scope of `tx` must be that user's.
 */
export async function createLinkToken(
  tx: Tx,
  facts: Pick<Row, "purpose"> &
    Partial<Omit<Row, "hash" | "id" | "purpose" | "createdAt" | "expiresAt">>,
  now: Date,
  lifetimeSeconds: number,
): Promise<{ token: string; id: string; expiresAt: Date }> {
  const token = randomBytes(32).toString("base64url");
  const id = uuidv7();
  const expiresAt = new Date(now.getTime() + lifetimeSeconds * 1000);
  await tx
    .insert(linkTokens)
    .values({ ...facts, id, hash: hashOf(token), createdAt: now, expiresAt });
  return { token, id, expiresAt };
}

/**
 * Uses a token up: of parallel callers exactly one gets the row, and only if the transaction commits.
 * The scope of `tx` must be that of the token's user, if it has one.
 */
export async function takeLinkToken(
  tx: Tx,
  purpose: Purpose,
  token: string,
  now: Date,
): Promise<Row | undefined> {
  const [row] = await tx
    .delete(linkTokens)
    .where(and(named(purpose, token), gt(linkTokens.expiresAt, now)))
    .returning();
  return row;
}

/**
 * The row of a token that could be used now; what costs something waits for it. One found expired is
 * deleted, so that no clock that is put back revives it (`link-tokens.test.ts`).
 */
export async function findLinkToken(
  database: Database,
  purpose: Purpose,
  token: string,
  now: Date,
): Promise<Row | undefined> {
  const scope = { credential: hashOf(token).toString("hex") };
  const values = { hash: hashOf(token), purpose: Buffer.from(purpose) };
  const [row] = await database.run(tokenOfPurpose, scope, values);
  if (!row || row.expiresAt > now) return row;
  await database.transaction(scope, (tx) => tx.delete(linkTokens).where(named(purpose, token)));
  return undefined;
}

/**
 * Makes the links that would change how an account is entered useless, as each such change does.
 * The scope of `tx` must be the user's.
 */
export async function dropAccountLinks(
  tx: Tx,
  userId: string,
  purposes: Purpose[] = ["password_reset", "email_change"],
): Promise<void> {
  await tx
    .delete(linkTokens)
    .where(and(eq(linkTokens.userId, userId), inArray(linkTokens.purpose, purposes)));
}

/**
 * Makes the invitations of somebody who is no administrator any more useless, else one of them would lead
 * back in; answers how many, for the audit entry. Where the account is deleted the database does it.
 */
export async function dropInvitationsOf(
  tx: Tx,
  inviterId: string,
): Promise<{ invitationsRevoked?: number }> {
  const dropped = await tx
    .delete(linkTokens)
    .where(eq(linkTokens.invitedBy, inviterId))
    .returning({ id: linkTokens.id });
  return dropped.length > 0 ? { invitationsRevoked: dropped.length } : {};
}

/**
 * A time for another link of a user's for a purpose: now, or behind all there are where the clock was put
 * back, so that it stays known which came first. The scope of `tx` must be the user's, whose row is locked.
 */
export async function behindOthers(
  tx: Tx,
  userId: string,
  purpose: Purpose,
  now: Date,
): Promise<Date> {
  const [newest] = await tx
    .select({ at: max(linkTokens.createdAt) })
    .from(linkTokens)
    .where(and(eq(linkTokens.userId, userId), eq(linkTokens.purpose, purpose)));
  return new Date(Math.max(now.getTime(), (newest?.at?.getTime() ?? 0) + 1));
}

/**
 * Makes the links that take back changes of an address since `from` useless: whoever made these must not
 * bring their address back. Those of earlier changes stay, for they are in the hands of owners before.
 * The scope of `tx` must be the user's.
 */
export async function dropLaterUndos(tx: Tx, userId: string, from: Date): Promise<void> {
  await tx
    .delete(linkTokens)
    .where(
      and(
        eq(linkTokens.userId, userId),
        eq(linkTokens.purpose, "email_undo"),
        gte(linkTokens.createdAt, from),
      ),
    );
}
