import { type SQL, sql } from "drizzle-orm";
import type { PgPreparedQuery, PreparedQueryConfig } from "drizzle-orm/pg-core";
import { drizzle } from "drizzle-orm/postgres-js";
import { runNamed } from "./named-statements.ts";
import { type ReadPool, type Scope, scopedClient } from "./scope.ts";

/**
 * Builds reads apart from any connection, with `sql.placeholder` where a value goes, to be prepared
 * once when a module is loaded and run by `Database.run`: to build a statement takes longer than to run it.
 */
export const build = drizzle.mock();

/**
 * A place for what users write: a named statement takes that only as bytes, so the value is a Buffer. It has
 * the collation of columns and their indexes; `convert_from` alone has that of `name`, for which no index is.
 */
export const textPlaceholder = (name: string): SQL<string> =>
  sql`(convert_from(${sql.placeholder(name)}::bytea, 'UTF8') collate "default")`;

/** Runs a prepared read of `build` under a scope. */
export function runPrepared<T extends PreparedQueryConfig>(
  pool: ReadPool,
  query: PgPreparedQuery<T>,
  scope: Scope,
  values: Record<string, unknown>,
): Promise<T["execute"]> {
  // A prepared query asks its `client`; that of `build` is nobody's.
  const bound = Object.create(query);
  bound.client = scopedClient(pool, scope, runNamed);
  return bound.execute(values);
}
