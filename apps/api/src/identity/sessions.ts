import { createHash, randomBytes } from "node:crypto";
import type { Database, Tx } from "@muniment/db/database.ts";
import { build } from "@muniment/db/prepared.ts";
import { sessions } from "@muniment/db/schema/sessions.ts";
import { users } from "@muniment/db/schema/users.ts";
import type { AuthenticationMethod } from "@muniment/shared/second-factors.ts";
import { eq, sql } from "drizzle-orm";
import { type Adapter, type DatabaseSession, Lucia, TimeSpan } from "lucia";
import type { Config } from "../config.ts";
import { AppError } from "../errors.ts";
import { type AsFound, beginSession } from "./begin-session.ts";
import type { DeviceFacts } from "./known-devices.ts";
import type { UserPrincipal } from "./principal.ts";
import { roleAt } from "./role-at.ts";

type Lifetimes = Pick<Config, "sessionIdleSeconds" | "sessionMaxSeconds">;
type Attributes = typeof sessions.$inferSelect;
type UserAttributes = Pick<
  typeof users.$inferSelect,
  | "email"
  | "displayName"
  | "role"
  | "roleUntil"
  | "createdAt"
  | "disabledAt"
  | "retentionDays"
  | "secondFactorAt"
>;

declare module "lucia" {
  interface Register {
    Lucia: Lucia<Attributes, UserAttributes>;
    DatabaseSessionAttributes: Attributes;
    DatabaseUserAttributes: UserAttributes;
  }
}

/** What the database keeps of a token, and the only form Lucia ever sees: never the token itself. */
export const sessionIdOf = (token: string) => createHash("sha256").update(token).digest("hex");

/** 256 random bits. */
export const newSessionToken = () => randomBytes(32).toString("base64url");

const userColumns = {
  email: users.email,
  displayName: users.displayName,
  role: users.role,
  roleUntil: users.roleUntil,
  createdAt: users.createdAt,
  disabledAt: users.disabledAt,
  retentionDays: users.retentionDays,
  secondFactorAt: users.secondFactorAt,
};

const sessionAndUser = build
  .select({ session: sessions, user: userColumns })
  .from(sessions)
  .innerJoin(users, eq(users.id, sessions.userId))
  .where(eq(sessions.id, sql.placeholder("id")))
  .prepare("session_and_user");

function toDatabaseSession(row: Attributes): DatabaseSession {
  return { id: row.id, userId: row.userId, expiresAt: row.expiresAt, attributes: row };
}

const unused = async (): Promise<never> => {
  throw new Error("Lucia asks for what it is not used for");
};

/** Lucia over those parts of its storage that a use of it needs. Ids arrive hashed. */
function luciaOf(storage: Partial<Adapter>, { sessionIdleSeconds }: Lifetimes) {
  const adapter: Adapter = {
    getSessionAndUser: unused,
    getUserSessions: unused,
    setSession: unused,
    // Lucia would renew a session past its absolute end, so `findSession` renews instead.
    updateSessionExpiration: async () => {},
    deleteSession: unused,
    deleteUserSessions: unused,
    deleteExpiredSessions: unused,
    ...storage,
  };
  return new Lucia(adapter, {
    sessionExpiresIn: new TimeSpan(sessionIdleSeconds, "s"),
    getSessionAttributes: (attributes) => attributes,
    getUserAttributes: (attributes) => attributes,
  });
}

const secondsAfter = (time: Date, seconds: number) => new Date(time.getTime() + seconds * 1000);

/** The end of a session by its last use: idle time, but never past the absolute maximum. */
function expiryOf(createdAt: Date, usedAt: Date, lifetimes: Lifetimes): Date {
  const idle = secondsAfter(usedAt, lifetimes.sessionIdleSeconds);
  const absolute = secondsAfter(createdAt, lifetimes.sessionMaxSeconds);
  return new Date(Math.min(idle.getTime(), absolute.getTime()));
}

/**
 * Starts a session in a browser that presents some device tokens; it ends by `endsAt` at the latest.
 * The scope of `tx` must be the user's.
 */
export async function createSession(
  tx: Tx,
  userId: string,
  facts: {
    publicId: string;
    now: Date;
    address: string;
    userAgent: string;
    lifetimes: Lifetimes;
    methods: AuthenticationMethod[];
    deviceTokens: readonly string[];
    asFound?: AsFound | undefined;
  },
): Promise<{ token: string; endsAt: Date; device: DeviceFacts }> {
  const token = newSessionToken();
  const id = sessionIdOf(token);
  let device: DeviceFacts | undefined;
  // Lucia knows no absolute end, so the end is the one among the attributes.
  const setSession: Adapter["setSession"] = async ({ attributes }) => {
    device = await beginSession(tx, attributes, facts.deviceTokens, facts.asFound);
  };
  await luciaOf({ setSession }, facts.lifetimes).createSession(
    userId,
    {
      id,
      publicId: facts.publicId,
      kind: "browser",
      userId,
      createdAt: facts.now,
      authenticatedAt: facts.now,
      methods: facts.methods,
      lastUsedAt: facts.now,
      expiresAt: expiryOf(facts.now, facts.now, facts.lifetimes),
      address: facts.address,
      userAgent: facts.userAgent,
    },
    { sessionId: id },
  );
  if (!device) throw new Error("the session was not stored");
  const endsAt = secondsAfter(facts.now, facts.lifetimes.sessionMaxSeconds);
  return { token, endsAt, device };
}

/** How stale `lastUsedAt` may get before a use is written down: never so far that a session ends in use. */
const touchSeconds = ({ sessionIdleSeconds }: Lifetimes) => Math.min(60, sessionIdleSeconds / 4);

/**
 * The user of a token, or null when the session is unknown, over, or its user disabled. One that is
 * found to be over is deleted, so that a clock put back does not revive it. What is no use by the
 * user, such as the look of an open stream, does not keep it from idling.
 */
export async function findSession(
  database: Database,
  token: string,
  now: Date,
  lifetimes: Lifetimes,
  isUse: boolean,
): Promise<UserPrincipal | null> {
  const id = sessionIdOf(token);
  const scope = { credential: id };
  const deleteSession = async () => {
    await database.touch(scope, (tx) => tx.delete(sessions).where(eq(sessions.id, id)));
  };
  const getSessionAndUser: Adapter["getSessionAndUser"] = async () => {
    const [row] = await database.run(sessionAndUser, scope, { id });
    if (!row) return [null, null];
    return [toDatabaseSession(row.session), { id: row.session.userId, attributes: row.user }];
  };
  const lucia = luciaOf({ getSessionAndUser, deleteSession }, lifetimes);
  const { session, user } = await lucia.validateSession(id);
  if (!session || user.disabledAt) return null;
  if (expiryOf(session.createdAt, session.lastUsedAt, lifetimes) <= now) {
    await deleteSession();
    return null;
  }
  if (isUse && secondsAfter(session.lastUsedAt, touchSeconds(lifetimes)) <= now) {
    const used = { lastUsedAt: now, expiresAt: expiryOf(session.createdAt, now, lifetimes) };
    await database.touch(scope, (tx) => tx.update(sessions).set(used).where(eq(sessions.id, id)));
  }
  return {
    kind: "user",
    via: "browser",
    userId: user.id,
    email: user.email,
    displayName: user.displayName,
    role: roleAt(user, now),
    createdAt: new Date(user.createdAt),
    retentionDays: user.retentionDays,
    secondFactor: user.secondFactorAt !== null,
    sessionId: id,
    sessionPublicId: session.publicId,
    authenticatedAt: new Date(session.authenticatedAt),
  };
}

/**
 * Gives a browser's session another token; the old one is worth nothing any more. The session's end
 * stays where it is. The scope of `tx` must be the user's.
 */
export async function renewToken(
  tx: Tx,
  sessionId: string,
  { sessionMaxSeconds }: Lifetimes,
): Promise<{ token: string; endsAt: Date }> {
  const token = newSessionToken();
  const [session] = await tx
    .update(sessions)
    .set({ id: sessionIdOf(token) })
    .where(eq(sessions.id, sessionId))
    .returning({ createdAt: sessions.createdAt });
  // Ended by another call, after this one was identified.
  if (!session) throw new AppError("not_signed_in", "The session has ended.");
  return { token, endsAt: secondsAfter(new Date(session.createdAt), sessionMaxSeconds) };
}

/**
 * Ends every session of a user, browsers' and programs', but the given one; answers how many. The
 * scope of `tx` must be the user's.
 */
export async function endSessions(tx: Tx, userId: string, exceptId = ""): Promise<number> {
  const ended = await tx
    .delete(sessions)
    .where(sql`${sessions.userId} = ${userId} and ${sessions.id} <> ${exceptId}`)
    .returning({ id: sessions.id });
  return ended.length;
}
