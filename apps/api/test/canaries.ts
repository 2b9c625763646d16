import type { Declaration } from "@muniment/db/processing/declare.ts";
import { getTableColumns, getTableName } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import type postgres from "postgres";

/** Columns that hold one of a list, name another row, or that something reads or writes meanwhile. */
const fixed = new Set([
  "users.email",
  "users.role",
  "sessions.id",
  "sessions.kind",
  "refresh_tokens.session_id",
  "sign_ins.outcome",
  "link_tokens.purpose",
  "challenges.purpose",
  "challenges.session_id",
  "agents.environment",
  "alert_rules.query",
  "alert_rules.problem",
  "event_counts.type",
  "event_count_changes.type",
  "event_index.cluster",
  "webhook_deliveries.topic",
  "webhook_deliveries.status",
]);

const aboutSomebody = new Set(["alerts", "sightings", "key_places"]);

/** The column that says whose a row of a table is. */
export const whoseColumn = (table: string) =>
  table === "users" ? "id" : aboutSomebody.has(table) ? "about_user_id" : "user_id";

/**
 * Puts a canary that names its column into each column of text of a user's rows in each of the
 * tables, of which there is one at least, those that are withheld from a copy too; answers them by their tables.
 */
export async function plantCanaries(
  owner: postgres.Sql,
  id: string,
  mark: string,
  declarations: readonly Declaration[],
): Promise<Map<string, string[]>> {
  const planted = new Map<string, string[]>();
  for (const declaration of declarations) {
    const table = getTableName(declaration.table);
    const columns: PgColumn[] = Object.values(getTableColumns(declaration.table));
    const whose = whoseColumn(table);
    for (const column of columns) {
      const { name } = column;
      if (column.getSQLType() !== "text" || column.enumValues || fixed.has(`${table}.${name}`))
        continue;
      const canary = `${mark}-${table}-${name}`;
      const changed = await owner`
        update ${owner(table)} set ${owner(name)} = ${canary} where ${owner(whose)} = ${id}`;
      if (changed.count === 0) throw new Error(`${canary}: ${changed.count} rows`);
      planted.set(table, [...(planted.get(table) ?? []), canary]);
    }
  }
  return planted;
}

/** An alert about somebody, who else has a row in every table by `populate`. */
export const raiseAbout = (owner: postgres.Sql, id: string) => owner`
  insert into alerts (id, kind, severity, key, about_user_id, details, count, opened_at, last_seen_at)
  values (gen_random_uuid(), 'account_locked', 'medium', ${id}, ${id}, '{}', 1, now(), now())`;
