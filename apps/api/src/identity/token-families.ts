import { createHash, createHmac, randomBytes } from "node:crypto";
import type { Database, Tx } from "@muniment/db/database.ts";
import { build } from "@muniment/db/prepared.ts";
import { refreshTokens } from "@muniment/db/schema/refresh-tokens.ts";
import { sessions } from "@muniment/db/schema/sessions.ts";
import { users } from "@muniment/db/schema/users.ts";
import type { AuthenticationMethod } from "@muniment/shared/second-factors.ts";
import { and, eq, isNull, sql } from "drizzle-orm";
import { v7 as uuidv7 } from "uuid";
import type { TokenSubject } from "./access-tokens.ts";
import type { UserPrincipal } from "./principal.ts";
import { roleAt } from "./role-at.ts";
import { enterScope, presentCredential } from "./scope.ts";

/** How long after its use a refresh token still gives its successor, while that one is unused. */
export const graceSeconds = 10;
/** A refresh a minute for a week; more is no client, and would only fill the table. */
const maxGenerations = 10_080;

const prefix = "mnr_";
const familyId = (publicId: string) => `family:${publicId}`;
const hashOf = (token: string) => createHash("sha256").update(token).digest();

/** The token that comes after another: only who holds that one can make it from the stored salt. */
const successorOf = (token: string, salt: Uint8Array) =>
  prefix + createHmac("sha256", token).update(salt).digest("base64url");

type Family = TokenSubject & { sessionId: string; email: string };

/** Signs a program in. The scope of `tx` must be the user's. */
export async function startFamily(
  tx: Tx,
  user: { id: string; email: string },
  facts: {
    now: Date;
    address: string;
    userAgent: string;
    methods: AuthenticationMethod[];
    lifetimeSeconds: number;
  },
): Promise<{ family: Family; refreshToken: string }> {
  const { now, address, userAgent, methods, lifetimeSeconds } = facts;
  const publicId = uuidv7();
  const sessionId = familyId(publicId);
  await tx.insert(sessions).values({
    id: sessionId,
    publicId,
    kind: "token",
    userId: user.id,
    createdAt: now,
    authenticatedAt: now,
    methods,
    lastUsedAt: now,
    expiresAt: new Date(now.getTime() + lifetimeSeconds * 1000),
    address,
    userAgent,
  });
  const refreshToken = prefix + randomBytes(32).toString("base64url");
  await tx.insert(refreshTokens).values({
    hash: hashOf(refreshToken),
    sessionId,
    userId: user.id,
    generation: 0,
  });
  const { id: userId, email } = user;
  const family = { userId, email, sessionId, sessionPublicId: publicId, authenticatedAt: now };
  return { family, refreshToken };
}

/** Finds and locks the family of a refresh token, and enters its user's scope. */
async function lockFamily(tx: Tx, token: string) {
  const hash = hashOf(token);
  presentCredential(tx, hash.toString("hex"));
  const presented = () => tx.select().from(refreshTokens).where(eq(refreshTokens.hash, hash));
  const [found] = await presented();
  if (!found) return null;
  enterScope(tx, found.userId);
  const [family] = await tx
    .select({
      sessionId: sessions.id,
      sessionPublicId: sessions.publicId,
      userId: sessions.userId,
      email: users.email,
      authenticatedAt: sessions.authenticatedAt,
      expiresAt: sessions.expiresAt,
    })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(and(eq(sessions.id, found.sessionId), isNull(users.disabledAt)))
    .for("update", { of: sessions });
  // What others did with the token while this call waited for the family.
  const [row] = await presented();
  return family && row ? { family, row } : null;
}

export type Refreshed =
  | { outcome: "refreshed"; family: Family; refreshToken: string }
  /** The family has been ended by this call: the token was used before, or the family is over. */
  | { outcome: "ended"; family: Family; cause: "reused" | "expired" }
  | { outcome: "unknown" };

/**
 * Uses a refresh token (RFC 9700, 4.14.2). The newest gives a successor; one that was used less than
 * 10 s ago gives that same successor, as long as nobody has used it; any other ends the family, for
 * then one of two holders is a thief (`refresh-tokens.test.ts`). The change is to be committed also
 * where the answer is a refusal.
 */
export async function refresh(tx: Tx, token: string, now: Date): Promise<Refreshed> {
  const locked = await lockFamily(tx, token);
  if (!locked) return { outcome: "unknown" };
  const { family, row } = locked;
  const ended = async (cause: "reused" | "expired"): Promise<Refreshed> => {
    await tx.delete(sessions).where(eq(sessions.id, family.sessionId));
    return { outcome: "ended", family, cause };
  };
  if (family.expiresAt <= now || row.generation >= maxGenerations) return ended("expired");
  if (row.usedAt === null) {
    const refreshToken = await replace(tx, token, row, now);
    return { outcome: "refreshed", family, refreshToken };
  }
  // Also when the clock was put back since: then nobody can say how long ago it was used.
  const isLate = Math.abs(now.getTime() - row.usedAt.getTime()) > graceSeconds * 1000;
  // The salt is forgotten as soon as the successor is used.
  if (isLate || row.successorSalt === null) return ended("reused");
  return { outcome: "refreshed", family, refreshToken: successorOf(token, row.successorSalt) };
}

async function replace(
  tx: Tx,
  token: string,
  row: typeof refreshTokens.$inferSelect,
  now: Date,
): Promise<string> {
  const { hash, sessionId, userId, generation } = row;
  const successorSalt = randomBytes(32);
  const successor = successorOf(token, successorSalt);
  await tx
    .update(refreshTokens)
    .set({ successorSalt: null })
    .where(
      and(eq(refreshTokens.sessionId, sessionId), eq(refreshTokens.generation, generation - 1)),
    );
  await tx
    .update(refreshTokens)
    .set({ usedAt: now, successorSalt })
    .where(eq(refreshTokens.hash, hash));
  await tx
    .insert(refreshTokens)
    .values({ hash: hashOf(successor), sessionId, userId, generation: generation + 1 });
  await tx.update(sessions).set({ lastUsedAt: now }).where(eq(sessions.id, sessionId));
  return successor;
}

/** Ends the family of a refresh token, used or not; null when there is none. */
export async function endFamily(tx: Tx, token: string): Promise<Family | null> {
  const locked = await lockFamily(tx, token);
  if (!locked) return null;
  await tx.delete(sessions).where(eq(sessions.id, locked.family.sessionId));
  return locked.family;
}

/** How stale the last use of a family may get before a use is written down. */
const touchMilliseconds = 60_000;

const familyAndUser = build
  .select({ session: sessions, user: users })
  .from(sessions)
  .innerJoin(users, eq(users.id, sessions.userId))
  .where(
    and(
      eq(sessions.id, sql.placeholder("id")),
      eq(sessions.userId, sql.placeholder("userId")),
      isNull(users.disabledAt),
    ),
  )
  .prepare("family_and_user");

/** The user of a family, or null when it has ended, or its user is disabled. */
export async function findFamily(
  database: Database,
  { userId, sessionPublicId }: Pick<TokenSubject, "userId" | "sessionPublicId">,
  now: Date,
  isUse: boolean,
): Promise<UserPrincipal | null> {
  const id = familyId(sessionPublicId);
  const scope = { userId };
  const [found] = await database.run(familyAndUser, scope, { id, userId });
  if (!found) return null;
  const { session, user } = found;
  if (session.expiresAt <= now) {
    await database.touch(scope, (tx) => tx.delete(sessions).where(eq(sessions.id, id)));
    return null;
  }
  if (isUse && session.lastUsedAt.getTime() + touchMilliseconds <= now.getTime()) {
    const used = { lastUsedAt: now };
    await database.touch(scope, (tx) => tx.update(sessions).set(used).where(eq(sessions.id, id)));
  }
  return {
    kind: "user",
    via: "token",
    userId,
    email: user.email,
    displayName: user.displayName,
    role: roleAt(user, now),
    createdAt: user.createdAt,
    retentionDays: user.retentionDays,
    secondFactor: user.secondFactorAt !== null,
    sessionId: id,
    sessionPublicId,
    authenticatedAt: session.authenticatedAt,
  };
}
