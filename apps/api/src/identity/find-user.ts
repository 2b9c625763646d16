import type { Database } from "@muniment/db/database.ts";
import { build } from "@muniment/db/prepared.ts";
import { users } from "@muniment/db/schema/users.ts";
import { eq, sql } from "drizzle-orm";

const userById = build
  .select()
  .from(users)
  .where(eq(users.id, sql.placeholder("id")))
  .prepare("user_by_id");

/** Who has an id, over the connections of looks by a key; nobody or one. */
export const findUser = (database: Database, id: string) => database.run(userById, {}, { id });
