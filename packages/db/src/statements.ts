import type postgres from "postgres";
import { type ConnectionFacts, connect } from "./connection.ts";
import { createExclusivePool } from "./exclusive-pool.ts";

type Value = postgres.SerializableParameter<never> | postgres.PendingQuery<postgres.Row[]>;

/** One statement, over a pool or in a transaction. */
export type Query = (
  strings: TemplateStringsArray,
  ...values: Value[]
) => PromiseLike<postgres.Row[]>;

/** SQL without Drizzle, each statement or transaction over a connection that nobody else uses meanwhile. */
export type Statements = {
  (strings: TemplateStringsArray, ...values: Value[]): Promise<postgres.RowList<postgres.Row[]>>;
  /** Lends a connection, for what is none of both; every transaction begun on it must be ended. */
  use<T>(run: (sql: postgres.Sql) => Promise<T>): Promise<T>;
  /** One transaction; `options` follow `begin`. Any error rolls it back. */
  begin<T>(options: string, run: (sql: postgres.TransactionSql) => Promise<T>): Promise<T>;
  close(): Promise<void>;
};

/** Opens nothing before the first statement. */
export function createStatements(
  facts: ConnectionFacts,
  size: number,
  options: Omit<Parameters<typeof connect>[1], "max">,
): Statements {
  const pool = createExclusivePool(
    size,
    () => connect(facts, { ...options, max: 1 }),
    (sql) => sql.end({ timeout: 5 }),
  );
  const statement = (strings: TemplateStringsArray, ...values: Value[]) =>
    pool.use(async (sql) => await sql(strings, ...values));
  return Object.assign(statement, {
    use: pool.use,
    begin: <T>(begin: string, run: (sql: postgres.TransactionSql) => Promise<T>) =>
      pool.use(async (sql) => (await sql.begin(begin, run)) as T),
    close: pool.close,
  });
}
