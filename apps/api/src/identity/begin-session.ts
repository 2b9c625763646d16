import { closingStatement } from "@muniment/db/closing-statements.ts";
import type { Tx } from "@muniment/db/database.ts";
import { build } from "@muniment/db/prepared.ts";
import { knownDevices } from "@muniment/db/schema/known-devices.ts";
import { sessions } from "@muniment/db/schema/sessions.ts";
import { signIns } from "@muniment/db/schema/sign-ins.ts";
import { users } from "@muniment/db/schema/users.ts";
import { runIn } from "@muniment/db/transactions.ts";
import { codesOf } from "@muniment/db/unavailable.ts";
import { and, eq, isNull, notExists, type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import { v7 as uuidv7 } from "uuid";
import {
  createDevice,
  type DeviceFacts,
  hashesOfDevices,
  noticeSeconds,
  settleDevice,
} from "./known-devices.ts";

type Session = typeof sessions.$inferSelect;
/** What an account must still be. */
export type AsFound = Pick<typeof users.$inferSelect, "passwordHash" | "email" | "role">;

/** A value in the form of a column, whose property names it. */
const as = (name: string, column: PgColumn): SQL<never> =>
  sql`${sql.param(sql.placeholder(name), column)}`;
const userId = sql.placeholder("userId");
const now = (column: PgColumn) => as("createdAt", column);

const begun = build.$with("begun").as(
  build
    .insert(sessions)
    .values({
      id: as("id", sessions.id),
      publicId: as("publicId", sessions.publicId),
      kind: as("kind", sessions.kind),
      userId,
      createdAt: as("createdAt", sessions.createdAt),
      authenticatedAt: as("authenticatedAt", sessions.authenticatedAt),
      methods: as("methods", sessions.methods),
      lastUsedAt: as("lastUsedAt", sessions.lastUsedAt),
      expiresAt: as("expiresAt", sessions.expiresAt),
      address: as("address", sessions.address),
      userAgent: as("userAgent", sessions.userAgent),
    })
    .returning({ id: sessions.id }),
);
const noted = build.$with("noted").as(
  build
    .update(users)
    .set({ lastSignInAt: now(users.lastSignInAt) })
    .where(eq(users.id, userId))
    .returning({ id: users.id }),
);
const listed = build.$with("listed").as(
  build
    .insert(signIns)
    .values({
      id: as("signInId", signIns.id),
      userId,
      at: now(signIns.at),
      outcome: "signed_in",
      address: as("address", signIns.address),
      userAgent: as("userAgent", signIns.userAgent),
    })
    .returning({ id: signIns.id }),
);
/** The same where the account is as it was when the password was looked at. */
const notedUnchanged = build.$with("noted").as(
  build
    .update(users)
    .set({ lastSignInAt: now(users.lastSignInAt) })
    .where(
      and(
        eq(users.id, userId),
        eq(users.passwordHash, sql.placeholder("passwordHash")),
        eq(users.email, sql.placeholder("email")),
        eq(users.role, sql.placeholder("role")),
        isNull(users.disabledAt),
        isNull(users.secondFactorAt),
      ),
    )
    .returning({ id: users.id }),
);
const presented = sql`${knownDevices.hash} = any(${sql.placeholder("presented")}::text::bytea[])`;
const seen = build.$with("seen").as(
  build
    .update(knownDevices)
    .set({ lastUsedAt: now(knownDevices.lastUsedAt) })
    .where(and(eq(knownDevices.userId, userId), presented))
    .returning({ hash: knownDevices.hash }),
);
const added = build.$with("added").as(
  build
    .insert(knownDevices)
    .select(
      build
        .select({
          userId: sql`${userId}::uuid`.as("user_id"),
          hash: sql`${sql.placeholder("hash")}::bytea`.as("hash"),
          createdAt: sql`${now(knownDevices.createdAt)}::timestamptz`.as("created_at"),
          lastUsedAt: sql`${now(knownDevices.lastUsedAt)}::timestamptz`.as("last_used_at"),
        })
        .from(sql`(select) one`)
        .where(notExists(build.select({ one: sql`1` }).from(seen))),
    )
    .returning({ hash: knownDevices.hash }),
);
/** As things were before: how many devices there were, and how many of them were new of late. */
const before = build.$with("before").as(
  build
    .select({
      devices: sql<number>`count(*)::int`.as("devices"),
      newOfLate: sql<number>`(count(*) filter (
        where ${knownDevices.createdAt} > ${now(knownDevices.createdAt)}::timestamptz
          - make_interval(secs => ${noticeSeconds})
      ))::int`.as("new_of_late"),
    })
    .from(knownDevices)
    .where(eq(knownDevices.userId, userId)),
);
/** All that a sign-in writes but its audit entry: one statement, since each takes time of its own. */
const begin = build
  .with(begun, noted, listed, seen, added, before)
  .select({
    isKnown: sql<boolean>`exists (select from ${seen})`,
    devices: before.devices,
    newOfLate: before.newOfLate,
  })
  .from(before)
  .prepare("begin_session");

/** The same for a device and an account that are as they were found; the account is locked first, as everywhere. */
const beginAsFound = closingStatement(
  build
    .with(begun, notedUnchanged, listed, seen)
    .select({
      required: sql`require_that(
        case when exists (select from ${notedUnchanged}) then exists (select from ${seen}) end
      )`,
    })
    .from(sql`(select) one`),
);

/** Whether a session did not begin because the account or the device is not as it was found. */
export const isOutdated = (error: unknown): boolean => codesOf(error).includes("MU001");

/**
 * Stores a session that begins, leaves the sign-in in the user's list, and remembers the browser by the
 * tokens that it presents. The scope of `tx` must be the user's. With `asFound`, an account whose password
 * was right, all of it goes out with the end of the transaction, which then fails (`isOutdated`) unless the
 * account is still that, is not disabled, has no second factor, and knows the device.
 */
export async function beginSession(
  tx: Tx,
  session: Session,
  deviceTokens: readonly string[],
  asFound?: AsFound,
): Promise<DeviceFacts> {
  const values = { ...session, signInId: uuidv7(), presented: hashesOfDevices(deviceTokens) };
  if (asFound) {
    const { passwordHash, email, role } = asFound;
    beginAsFound(tx, { ...values, passwordHash, email, role });
    return { tokens: [...deviceTokens], isNew: false, isNoticeDue: false };
  }
  const device = createDevice();
  const [found] = await runIn(tx, begin, { ...values, hash: device.hash });
  if (!found) throw new Error("begin_session answered no row");
  return settleDevice(tx, session.userId, device, deviceTokens, found);
}
