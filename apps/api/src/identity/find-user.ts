import type { Database } from "@muniment/db/database.ts";
import { build } from "@muniment/db/prepared.ts";
import { users } from "@muniment/db/schema/users.ts";
import { eq, sql } from "drizzle-orm";

const userById = build
  .select()
  .from(users)
  .where(eq(users.id, sql.placeholder("id")))
  .prepare("user_by_id");
const userByEmail = build
  .select()
  .from(users)
  // As bytes, because a named statement takes no text that users write.
  .where(eq(users.email, sql`convert_from(${sql.placeholder("email")}::bytea, 'UTF8')`))
  .prepare("user_by_email");

/** Who has an address or an id, over the connections of looks by a key; nobody or one. */
export const findUser = (database: Database, account: { email: string } | { id: string }) =>
  "email" in account
    ? database.run(userByEmail, {}, { email: Buffer.from(account.email) })
    : database.run(userById, {}, account);
