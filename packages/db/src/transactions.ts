import { getTableColumns, getTableName } from "drizzle-orm";
import {
  PgDialect,
  type PgPreparedQuery,
  type PgTable,
  type PreparedQueryConfig,
} from "drizzle-orm/pg-core";
import {
  drizzle,
  type PostgresJsDatabase,
  PostgresJsSession,
  PostgresJsTransaction,
} from "drizzle-orm/postgres-js";
import type postgres from "postgres";
import { type Scope, setOwnScopeSql, setScopeSql } from "./scope.ts";

/** A transaction under a scope. Domain functions take it as their first argument. */
export type Tx = Parameters<Parameters<PostgresJsDatabase["transaction"]>[0]>[0];

/** With more parameters, a statement is about many rows, and differs by how many. */
const mostParameters = 40;

const dialect = new PgDialect();
const clients = new WeakMap<object, postgres.TransactionSql>();

function clientOf(tx: Tx): postgres.TransactionSql {
  const client = clients.get(tx);
  if (!client) throw new Error("no transaction of this database");
  return client;
}

/** Sent at once, and so before any later statement; where it fails, every later one does. */
const bind = (client: postgres.TransactionSql, text: string) => void client.unsafe(text).execute();

type Unsafe = (
  text: string,
  parameters?: unknown[],
  options?: postgres.UnsafeQueryOptions,
) => unknown;

/**
 * Has the statements of a transaction prepared on their connection. One that is not takes a round
 * trip more, each time, in which the driver asks for the types of its parameters, and is planned anew.
 */
function preparing(client: postgres.TransactionSql) {
  const unsafe = client.unsafe as Unsafe;
  const prepare: Unsafe = (text, parameters = [], options) => {
    const isFew = parameters.length > 0 && parameters.length <= mostParameters;
    return unsafe(text, parameters, isFew ? { ...options, prepare: true } : options);
  };
  // Of what a client has besides, Drizzle uses nothing in a transaction.
  return Object.assign(client, { unsafe: prepare }) as postgres.TransactionSql & postgres.Sql;
}

/** Makes the transactions of a connection; each sees and changes only its scope's rows. */
export function transactionsOf(sql: postgres.Sql) {
  // Has it give times and JSON as Drizzle expects them.
  drizzle(sql);
  return async <T>(scope: Scope, run: (tx: Tx) => Promise<T>): Promise<T> => {
    const done = await sql.begin((client) => {
      bind(client, setScopeSql(scope));
      const session = new PostgresJsSession(preparing(client), dialect, undefined);
      const tx = new PostgresJsTransaction(dialect, session, undefined) as unknown as Tx;
      clients.set(tx, client);
      return run(tx);
    });
    return done as T;
  };
}

/** Adds to the scope of what follows in a transaction, or replaces it. */
export const enter = (tx: Tx, scope: Scope): void => bind(clientOf(tx), setOwnScopeSql(scope));

/** Runs a statement that was prepared with `build` (`prepared.ts`) in a transaction. */
export function runIn<T extends PreparedQueryConfig>(
  tx: Tx,
  query: PgPreparedQuery<T>,
  values: Record<string, unknown>,
): Promise<T["execute"]> {
  const bound = Object.create(query);
  bound.client = clientOf(tx);
  return bound.execute(values);
}

/**
 * Makes the insertion of one row with a value for every column but those that PostgreSQL fills in.
 * Its text is built once: to have Drizzle build it takes longer than to run it.
 */
export function insertion<T extends PgTable, Filled extends keyof T["$inferSelect"] = never>(
  table: T,
  ...filled: Filled[]
) {
  const columns = Object.entries(getTableColumns(table)).filter(
    ([name]) => !(filled as string[]).includes(name),
  );
  const names = columns.map(([, { name }]) => `"${name}"`);
  const values = columns.map((_, at) => `$${at + 1}`);
  const text = `insert into "${getTableName(table)}" (${names}) values (${values})`;
  return async (tx: Tx, row: Omit<T["$inferSelect"], Filled>): Promise<void> => {
    const given = row as Record<string, unknown>;
    const parameters = columns.map(([name, column]) =>
      given[name] === null ? null : column.mapToDriverValue(given[name]),
    );
    await clientOf(tx).unsafe(text, parameters as never[]);
  };
}
