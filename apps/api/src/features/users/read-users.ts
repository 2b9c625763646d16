import type { Tx } from "@muniment/db/database.ts";
import { users } from "@muniment/db/schema/users.ts";
import type { User } from "@muniment/shared/users.ts";
import { eq, sql } from "drizzle-orm";
import { AppError } from "../../errors.ts";

type Row = Pick<
  typeof users.$inferSelect,
  | "id"
  | "email"
  | "displayName"
  | "role"
  | "roleUntil"
  | "createdAt"
  | "lastSignInAt"
  | "lockedUntil"
  | "disabledAt"
  | "secondFactorAt"
> & { sessionCount: string; agentCount: string };

const count = (column: "session_count" | "agent_count") =>
  sql<string>`(select ${sql.identifier(column)} from user_overview(array[${users.id}]))`;

/** A user without the password hash. The counts come from a function, because the rows are not an administrator's to see. */
export const userColumns = {
  id: users.id,
  email: users.email,
  displayName: users.displayName,
  role: users.role,
  roleUntil: users.roleUntil,
  createdAt: users.createdAt,
  lastSignInAt: users.lastSignInAt,
  lockedUntil: users.lockedUntil,
  disabledAt: users.disabledAt,
  secondFactorAt: users.secondFactorAt,
  sessionCount: count("session_count"),
  agentCount: count("agent_count"),
};

export const toUser = ({ disabledAt, secondFactorAt, ...row }: Row): User => ({
  ...row,
  status: disabledAt ? "disabled" : "active",
  secondFactor: secondFactorAt !== null,
  roleUntil: row.roleUntil?.toISOString() ?? null,
  createdAt: row.createdAt.toISOString(),
  lastSignInAt: row.lastSignInAt?.toISOString() ?? null,
  lockedUntil: row.lockedUntil?.toISOString() ?? null,
  sessionCount: Number(row.sessionCount),
  agentCount: Number(row.agentCount),
});

/** @throws AppError `not_found` */
export async function readUser(tx: Pick<Tx, "select">, id: string): Promise<User> {
  const [row] = await tx.select(userColumns).from(users).where(eq(users.id, id));
  if (!row) throw new AppError("not_found", "There is no such user.");
  return toUser(row);
}
