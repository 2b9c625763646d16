import { auditLookup } from "@muniment/db/schema/audit.ts";
import type { Query } from "@muniment/db/statements.ts";
import { type SQL, sql } from "drizzle-orm";

/** The user who acted in an entry, by themselves or by an API key of theirs; null of everybody else. */
export const actingUser: SQL<string | null> = sql`
  case ${auditLookup.actorKind} when 'user' then ${auditLookup.actorId}
    when 'apiKey' then (select user_id from api_key_owners(array[${auditLookup.actorId}])) end`;

/** Whose API keys these are or were; nobody's where the account is gone. */
export async function ownersOfKeys(query: Query, keyIds: readonly string[]): Promise<string[]> {
  if (keyIds.length === 0) return [];
  const rows = await query`
    select distinct user_id from api_key_owners(${`{${keyIds.join(",")}}`}::text::uuid[])`;
  return rows.map(({ user_id }) => user_id);
}
