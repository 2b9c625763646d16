import { sql } from "drizzle-orm";
import { drizzle, type PostgresJsDatabase } from "drizzle-orm/postgres-js";
import type postgres from "postgres";
import { type ConnectionFacts, connect } from "./connection.ts";
import { type Scope, scopedClient, withScope } from "./scope.ts";

/** A transaction under a scope. Domain functions take it as their first argument. */
export type Tx = Parameters<Parameters<PostgresJsDatabase["transaction"]>[0]>[0];

export type Database = {
  /** One transaction that sees and changes only the scope's rows; any error rolls it back. */
  transaction<T>(scope: Scope, run: (tx: Tx) => Promise<T>): Promise<T>;
  /** Builds single read-only statements; run them inside `as`. */
  reads: PostgresJsDatabase;
  /** Runs reads under a scope. */
  as<T>(scope: Scope, read: () => PromiseLike<T>): Promise<T>;
  /** Connections of the role that may only insert events, for coalesced ingest. */
  ingest: postgres.Sql;
  /** Connections of the application's role, without Drizzle. */
  raw: postgres.Sql;
  close(): Promise<void>;
};

export type DatabaseConnections = { app: ConnectionFacts; ingest: ConnectionFacts };

const statementTimeout = { statement_timeout: "15000", lock_timeout: "5000" };

/** Opens the application's pools. Nothing is connected before the first statement. */
export function openDatabase(connections: DatabaseConnections): Database {
  const parameters = { ...statementTimeout, idle_in_transaction_session_timeout: "30000" };
  // Drizzle replaces the date parsers of the client it is given, so it gets one of its own.
  const app = connect(connections.app, { max: 16, applicationName: "muniment", parameters });
  const raw = connect(connections.app, { max: 4, applicationName: "muniment-raw", parameters });
  const ingest = connect(connections.ingest, {
    max: 4,
    applicationName: "muniment-ingest",
    parameters,
  });
  const writes = drizzle(app);
  return {
    transaction: (scope, run) =>
      writes.transaction(async (tx) => {
        await tx.execute(
          sql`select set_config('muniment.user_id', ${scope.userId ?? ""}, true), set_config('muniment.credential', ${scope.credential ?? ""}, true)`,
        );
        return run(tx);
      }),
    reads: drizzle(scopedClient(app) as unknown as postgres.Sql),
    as: withScope,
    ingest,
    raw,
    close: async () => {
      await Promise.all([app, raw, ingest].map((pool) => pool.end({ timeout: 5 })));
    },
  };
}
