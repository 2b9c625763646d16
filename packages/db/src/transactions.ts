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
import { mostParameters, type Scope, setOwnScopeSql, setScopeSql } from "./scope.ts";

/** A transaction under a scope. Domain functions take it as their first argument. */
export type Tx = Parameters<Parameters<PostgresJsDatabase["transaction"]>[0]>[0];

const dialect = new PgDialect();
const clients = new WeakMap<object, postgres.TransactionSql>();

function clientOf(tx: Tx): postgres.TransactionSql {
  const client = clients.get(tx);
  if (!client) throw new Error("no transaction of this database");
  return client;
}

/** Sent at once, and so before any later statement; where it fails, every later one does. */
const bind = (client: postgres.TransactionSql, text: string) => void client.unsafe(text);

type Unsafe = (
  text: string,
  parameters?: unknown[],
  options?: postgres.UnsafeQueryOptions,
) => postgres.PendingQuery<postgres.Row[]>;

export type TransactionOptions = {
  /**
   * Whether statements are prepared, as they are unless told otherwise. Each text stays prepared on its
   * connection for good, so not where what a user writes is in the text.
   */
  prepare?: boolean;
};

/**
 * The part of a transaction's client that Drizzle uses. Its statements are prepared on their connection:
 * one that is not takes a round trip more, each time, in which the driver asks for the types of its
 * parameters, and is planned anew. None is sent once the transaction is over: the connection is lent on.
 */
function lendClient(
  client: postgres.TransactionSql,
  life: { isOver: boolean },
  { prepare = true }: TransactionOptions,
) {
  const unsafe: Unsafe = (text, parameters = [], options) => {
    if (life.isOver) throw new Error("the transaction of this statement is over");
    const isPrepared = prepare && parameters.length > 0 && parameters.length <= mostParameters;
    const all = isPrepared ? { ...options, prepare: true } : options;
    // Otherwise it is sent when it is first waited for, which may be after the end.
    return (client.unsafe as Unsafe)(text, parameters, all).execute();
  };
  return { unsafe } as unknown as postgres.TransactionSql & postgres.Sql;
}

/** Makes the transactions of a connection; each sees and changes only its scope's rows. */
export function transactionsOf(sql: postgres.Sql) {
  // Has it give times and JSON as Drizzle expects them.
  drizzle(sql);
  return async <T>(
    scope: Scope,
    run: (tx: Tx) => Promise<T>,
    options: TransactionOptions = {},
  ): Promise<T> => {
    const life = { isOver: false };
    const begin = sql.begin(async (client) => {
      const lent = lendClient(client, life, options);
      try {
        bind(lent, setScopeSql(scope));
        const session = new PostgresJsSession(lent, dialect, undefined);
        const tx = new PostgresJsTransaction(dialect, session, undefined) as unknown as Tx;
        clients.set(tx, lent);
        return await run(tx);
      } finally {
        life.isOver = true;
      }
    });
    try {
      return (await begin) as T;
    } finally {
      // Where the connection is lost, it ends before `run` does.
      life.isOver = true;
    }
  };
}

/**
 * Waits for all that was begun together in a transaction, also where one of it fails: whoever went on
 * at the first failure would end the transaction under the others. @throws the first failure
 */
export async function together<T extends readonly PromiseLike<unknown>[]>(
  ...begun: T
): Promise<{ -readonly [At in keyof T]: Awaited<T[At]> }> {
  try {
    return await Promise.all(begun);
  } catch (error) {
    await Promise.allSettled(begun);
    throw error;
  }
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
