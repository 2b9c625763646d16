import type { Database, Tx } from "@muniment/db/database.ts";
import { build } from "@muniment/db/prepared.ts";
import { users } from "@muniment/db/schema/users.ts";
import { runIn } from "@muniment/db/transactions.ts";
import { and, eq, isNull, sql } from "drizzle-orm";
import type { DataKeys } from "../audit/data-keys.ts";
import { writeAuditEntry } from "../audit/write.ts";
import type { Config } from "../config.ts";
import { AppError } from "../errors.ts";
import { findUser } from "./find-user.ts";
import { importedKind } from "./imported-hash.ts";
import { hashPassword, isCheaper, verifyDecoy, verifyPassword } from "./password.ts";

type User = typeof users.$inferSelect;

/** A password that was right when it was looked at; `acceptProof` says whether it still is. */
export type Proof = { user: User };

const wrongCredentials = () =>
  new AppError("invalid_credentials", "The e-mail address or the password is wrong.");

type Deps = {
  database: Database;
  dataKeys: DataKeys;
  config: Pick<Config, "argon2">;
  now: () => Date;
};

/** Replaces a hash by a dearer one of the same password; false where it is not the stored one any more. */
function upgrade(
  { database, dataKeys, now }: Deps,
  user: User,
  passwordHash: string,
): Promise<boolean> {
  const { id, email } = user;
  return database.transaction({}, async (tx) => {
    const upgraded = await tx
      .update(users)
      .set({ passwordHash })
      .where(and(eq(users.id, id), eq(users.passwordHash, user.passwordHash)))
      .returning({ id: users.id });
    if (upgraded.length === 0) return false;
    await writeAuditEntry(tx, dataKeys, {
      at: now(),
      principal: { kind: "anonymous" },
      action: "account.password_rehashed",
      outcome: "success",
      target: { kind: "user", id, label: email },
      details: { from: importedKind(user.passwordHash) ?? "argon2id" },
    });
    return true;
  });
}

/**
 * Proves that this is the password of a user who was found just now, or of nobody. An unknown and a
 * disabled account cost a verification too, and are answered like a wrong password. A hash that is
 * cheaper than configured is replaced on the way. Slow: never inside a transaction.
 * @throws AppError `invalid_credentials`
 */
export async function provePassword(
  deps: Deps,
  found: User | undefined,
  password: string,
): Promise<Proof> {
  const { database, config } = deps;
  let user = found;
  // Sign-ins at once may all want to upgrade; who comes second looks at the new hash.
  for (let tries = 0; tries < 3; tries += 1) {
    const right = user
      ? await verifyPassword(user.passwordHash, password)
      : await verifyDecoy(password, config.argon2);
    if (!user || !right || user.disabledAt) throw wrongCredentials();
    if (!isCheaper(user.passwordHash, config.argon2)) return { user };
    const passwordHash = await hashPassword(password, config.argon2);
    if (await upgrade(deps, user, passwordHash)) return { user: { ...user, passwordHash } };
    [user] = await findUser(database, user.id);
  }
  throw wrongCredentials();
}

/**
 * `provePassword` of who is signed in already.
 * @throws AppError `invalid_credentials`
 */
export async function proveOwnPassword(deps: Deps, id: string, password: string): Promise<Proof> {
  const [user] = await findUser(deps.database, id);
  return provePassword(deps, user, password);
}

const unchanged = build
  .select()
  .from(users)
  .where(
    and(
      eq(users.id, sql.placeholder("id")),
      eq(users.passwordHash, sql.placeholder("passwordHash")),
      isNull(users.disabledAt),
    ),
  )
  // A shared lock would deadlock with its like as soon as both write the row.
  .for("no key update")
  .prepare("unchanged_user");

/**
 * Begins the change that a verified password allows: the account must still have that hash and not
 * be disabled, and it stays so until the transaction ends (`sign-in-races.test.ts`). Answers the user
 * as they now are.
 * @throws AppError `invalid_credentials`
 */
export async function requireUnchanged(tx: Tx, id: string, passwordHash: string): Promise<User> {
  const [user] = await runIn(tx, unchanged, { id, passwordHash });
  if (!user) throw wrongCredentials();
  return user;
}

/**
 * `requireUnchanged` of a proof; answers its user.
 * @throws AppError `invalid_credentials`
 */
export function acceptProof(tx: Tx, { user }: Proof): Promise<User> {
  return requireUnchanged(tx, user.id, user.passwordHash);
}
