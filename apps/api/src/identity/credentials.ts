import type { Database, Tx } from "@muniment/db/database.ts";
import { users } from "@muniment/db/schema/users.ts";
import { and, eq, isNull } from "drizzle-orm";
import type { Config } from "../config.ts";
import { AppError } from "../errors.ts";
import { hashPassword, isCheaper, verifyDecoy, verifyPassword } from "./password.ts";

type User = typeof users.$inferSelect;

/** A password that was right when it was looked at; `acceptProof` says whether it still is. */
export type Proof = {
  user: User;
  /** The same password hashed anew, where the stored hash is cheaper than configured. */
  upgradedHash: string | null;
};

const wrongCredentials = () =>
  new AppError("invalid_credentials", "The e-mail address or the password is wrong.");

/**
 * The user whose password this is, by address or by id. An unknown and a disabled account cost a
 * verification too, and are answered like a wrong password. Slow: never inside a transaction.
 * @throws AppError `invalid_credentials`
 */
export async function provePassword(
  { database, config }: { database: Database; config: Pick<Config, "argon2"> },
  account: { email: string } | { id: string },
  password: string,
): Promise<Proof> {
  const named = "email" in account ? eq(users.email, account.email) : eq(users.id, account.id);
  const [user] = await database.reads({}).select().from(users).where(named);
  const right = user
    ? await verifyPassword(user.passwordHash, password)
    : await verifyDecoy(password, config.argon2);
  if (!user || !right || user.disabledAt) throw wrongCredentials();
  const upgradedHash = isCheaper(user.passwordHash, config.argon2)
    ? await hashPassword(password, config.argon2)
    : null;
  return { user, upgradedHash };
}

/**
 * Begins the change that a verified password allows: the account must still have that hash and not
 * be disabled, and it stays so until the transaction ends (`sign-in-races.test.ts`). Answers the user
 * as they now are.
 * @throws AppError `invalid_credentials`
 */
export async function requireUnchanged(tx: Tx, id: string, passwordHash: string): Promise<User> {
  const [user] = await tx
    .select()
    .from(users)
    .where(and(eq(users.id, id), eq(users.passwordHash, passwordHash), isNull(users.disabledAt)))
    // A shared lock would deadlock with its like as soon as both write the row.
    .for("no key update");
  if (!user) throw wrongCredentials();
  return user;
}

/**
 * `requireUnchanged` of a proof; keeps the dearer hash, if there is one. Answers the user as they
 * now are.
 * @throws AppError `invalid_credentials`
 */
export async function acceptProof(tx: Tx, proof: Proof): Promise<User> {
  const { upgradedHash } = proof;
  const user = await requireUnchanged(tx, proof.user.id, proof.user.passwordHash);
  if (upgradedHash === null) return user;
  await tx.update(users).set({ passwordHash: upgradedHash }).where(eq(users.id, user.id));
  return { ...user, passwordHash: upgradedHash };
}
