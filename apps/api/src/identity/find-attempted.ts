import type { Database } from "@muniment/db/database.ts";
import { build, textPlaceholder } from "@muniment/db/prepared.ts";
import { dataKeys } from "@muniment/db/schema/data-keys.ts";
import { knownDevices } from "@muniment/db/schema/known-devices.ts";
import { users } from "@muniment/db/schema/users.ts";
import { and, eq, sql } from "drizzle-orm";
import { type FoundKey, subjectOfUser } from "../audit/data-keys.ts";
import { hashOfDevice } from "./known-devices.ts";

/** Binds the scope to the account that is found: what is looked at behind it would show nothing otherwise. */
const scoped = build
  .select({
    scope: sql<string>`set_config('muniment.user_id', ${users.id}::text, true)`.as("bound_scope"),
  })
  .from(sql`(select) one`)
  .as("scoped");
const device = build
  .select({ hash: knownDevices.hash })
  .from(knownDevices)
  .where(
    and(
      // Named, so that it is bound before.
      sql`${scoped.scope} is not null`,
      eq(knownDevices.userId, users.id),
      // In one text, as a named statement takes a fixed number of values, and no commas.
      sql`position(encode(${knownDevices.hash}, 'hex') in ${sql.placeholder("devices")}) > 0`,
    ),
  )
  .limit(1)
  .as("device");
const attempted = build
  .select({
    user: users,
    device: device.hash,
    key: { id: dataKeys.id, wrapped: dataKeys.wrapped },
  })
  .from(users)
  .crossJoinLateral(scoped)
  .leftJoinLateral(device, sql`true`)
  .leftJoin(dataKeys, eq(dataKeys.subject, subjectOfUser(users.id)))
  .where(eq(users.email, textPlaceholder("email")))
  .prepare("attempted_account");

/** An account that somebody tries to get into, as it is before the attempt. */
export type AttemptedAccount = {
  user: typeof users.$inferSelect;
  /** Of the tokens that the browser presents, the hash of one that the account knows; else null. */
  device: Uint8Array | null;
  /** What the log's entries about it are encrypted under; null where there is none yet. */
  key: FoundKey | null;
};

/**
 * The account of an address, with all that a sign-in looks at, in one message: each costs more than what
 * is found. Where there is no account, it is the same statement.
 */
export async function findAttempted(
  database: Database,
  email: string,
  deviceTokens: readonly string[],
): Promise<AttemptedAccount | undefined> {
  const devices = deviceTokens.map((token) => hashOfDevice(token).toString("hex")).join(" ");
  const at = performance.now();
  const [found] = await database.run(attempted, {}, { email: Buffer.from(email), devices });
  return found && { ...found, key: found.key && { ...found.key, at } };
}
