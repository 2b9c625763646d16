import type { PgPreparedQuery, PreparedQueryConfig } from "drizzle-orm/pg-core";
import { drizzle, type PostgresJsDatabase } from "drizzle-orm/postgres-js";
import type postgres from "postgres";
import { type Bulk, createBulk } from "./bulk.ts";
import type { ConnectionFacts, connect } from "./connection.ts";
import { createExclusivePool, type Lane } from "./exclusive-pool.ts";
import { runPrepared } from "./prepared.ts";
import { createRowReader, type RowReader } from "./row-reader.ts";
import {
  createKnownTexts,
  type ReadPool,
  type Scope,
  type ScopedRun,
  scopedClient,
} from "./scope.ts";
import { createSharedPool } from "./shared-pool.ts";
import { createStatements, type Statements } from "./statements.ts";
import { openTransactions, type TransactionOptions, type Tx } from "./transactions.ts";
import { isStatementTimeout } from "./unavailable.ts";

export type { Tx };

export type Database = {
  /** One transaction that sees and changes only the scope's rows; any error rolls it back. */
  transaction<T>(
    scope: Scope,
    run: (tx: Tx) => Promise<T>,
    options?: TransactionOptions,
  ): Promise<T>;
  /**
   * The same for a change of one row by its key that the answer to any call may have to wait for:
   * connections of its own, so that it waits for nothing but its like.
   */
  touch: Database["transaction"];
  /**
   * Builds single read-only statements that see only the scope's rows; no change keeps them waiting. Too
   * many who wait for a connection are told `POOL_BUSY`.
   */
  reads(scope: Scope): PostgresJsDatabase;
  /**
   * The same for work that nobody waits for: it has a connection that no list takes, and waits for it as
   * long as it must. What takes long keeps other such work waiting.
   */
  background(scope: Scope): PostgresJsDatabase;
  /**
   * The same for what may take long: few at a time, and an earlier end. They wait in one order with changes.
   */
  searches(scope: Scope): PostgresJsDatabase;
  /** Lends one of these connections for several statements, so that what is begun waits only once. */
  searching<T>(scope: Scope, run: (searches: PostgresJsDatabase) => Promise<T>): Promise<T>;
  /** Connections for what mostly takes moments; whatever takes longer is ended soon (`isStatementTimeout`). */
  quickSearches(scope: Scope): PostgresJsDatabase;
  /** Connections for the reads of tails, which wait for nobody's search. */
  tails(scope: Scope): PostgresJsDatabase;
  /**
   * Where one plan serves whatever values are asked for, which is kept with the statement. Begins among
   * what takes moments, and is asked again among what may take long where it does not end.
   */
  counts(scope: Scope): PostgresJsDatabase;
  /** The same for many rows, which come as PostgreSQL sends them, in binary form (`row-reader.ts`). */
  rows: RowReader["read"];
  /**
   * Runs a read of few rows by a key that was prepared with `build` (`prepared.ts`): who calls is found
   * so, and no call is kept waiting by what others search for or change.
   */
  run: RunPrepared;
  /** The same for pages of events, which those wait for. */
  pages: RunPrepared;
  /** Connections of the role that may only insert events. */
  ingest: Statements;
  /** The same for many rows at once, for coalesced ingest. */
  bulk: Bulk;
  /** Connections of the application's role, without Drizzle. */
  raw: Statements;
  /** The same for what orders and reads the audit log, which may take longer at a start. */
  audit: Statements;
  /** A connection of its own, so that its answers tell of the database and not of who waits before. */
  health: Statements;
  close(): Promise<void>;
};

type RunPrepared = <T extends PreparedQueryConfig>(
  query: PgPreparedQuery<T>,
  scope: Scope,
  values: Record<string, unknown>,
) => Promise<T["execute"]>;

export type DatabaseConnections = { app: ConnectionFacts; ingest: ConnectionFacts };

/** Who waited so long is better told to come back; more would wait so long. */
const waiting = { most: 500, milliseconds: 5000 };

const statementTimeout = { statement_timeout: "15000", lock_timeout: "5000" };

/**
 * Told of each use of a connection that somebody may have to wait for, with the name of its lane: runs `use`,
 * which calls `lent` when it has one.
 */
export type WatchLane = <T>(lane: string, use: (lent: () => void) => Promise<T>) => Promise<T>;

/** The connections of a lane, where every statement ends so soon. */
const within = (milliseconds: number, lane: ReadPool): ReadPool => ({
  use: (run) =>
    lane.use(({ sql }) =>
      run({ sql, settings: `set local statement_timeout = ${milliseconds}; ` }),
    ),
});

/** Opens the application's pools. Nothing is connected before the first statement. */
export function openDatabase(connections: DatabaseConnections, watch?: WatchLane): Database {
  const parameters = { ...statementTimeout, idle_in_transaction_session_timeout: "30000" };
  // No statement here gives or takes an array that needs its type looked up first.
  const options = { parameters, fetchTypes: false };
  type Facts = Omit<Parameters<typeof connect>[1], "max">;
  const open = (facts: Facts) => () => openTransactions(connections.app, facts);
  const end = ({ sql }: { sql: postgres.Sql }) => sql.end({ timeout: 5 });
  const poolOf = (size: number, facts: Facts) =>
    createExclusivePool(size, open(facts), end, ({ isBroken }) => isBroken());
  const watched = <Connection>(name: string, lane: Lane<Connection>): Lane<Connection> => {
    if (!watch) return lane;
    return {
      use: (run) =>
        watch(name, (lent) =>
          lane.use((connection) => {
            lent();
            return run(connection);
          }),
        ),
    };
  };
  // In one order of coming, so that where there is more to do than a node can, changes and searches wait
  // alike. None may have all connections, so that what hangs keeps only its like waiting.
  const work = poolOf(18, { ...options, applicationName: "muniment" });
  const changes = watched("changes", work.lane({ atOnce: 10 }));
  // Apart, so that those who ask for little do not wait for those who ask for much.
  const quickSearches = within(500, watched("quick searches", work.lane({ atOnce: 12, waiting })));
  const searches = within(5000, watched("searches", work.lane({ atOnce: 4, waiting })));
  // Of their own, because a list takes a moment where nothing else is in front of it.
  const lists = poolOf(5, { ...options, applicationName: "muniment-lists" });
  // Together one fewer than there are, so that a tail always has one.
  const reads = watched("reads", lists.lane({ atOnce: 3, waiting }));
  const background = watched("background", lists.lane({ atOnce: 1 }));
  const tails = watched("tails", lists.lane({ atOnce: 2 }));
  const touches = poolOf(2, { ...options, applicationName: "muniment-touch" });
  const forPrepared = (name: string, size: number) =>
    createSharedPool(
      size,
      open({
        ...options,
        applicationName: `muniment-${name}`,
        parameters: {
          ...parameters,
          // Each finds its rows by a key, whatever the key: to plan anew would take longer than to run.
          plan_cache_mode: "force_generic_plan",
          // In the order of the key, too: a plan for any user would read a table that was small all at once.
          enable_seqscan: "off",
          enable_bitmapscan: "off",
        },
      }),
      end,
    );
  const named = forPrepared("named", 4);
  const pages = forPrepared("pages", 2);
  const [keyed, paged] = [watched("keyed reads", named), watched("pages", pages)];
  const rows = createRowReader(connections.app, 2, {
    applicationName: "muniment-rows",
    parameters: { ...parameters, plan_cache_mode: "force_custom_plan" },
  });
  const raw = createStatements(connections.app, 4, {
    ...options,
    applicationName: "muniment-raw",
  });
  const health = createStatements(connections.app, 1, {
    ...options,
    applicationName: "muniment-health",
  });
  const audit = createStatements(connections.app, 2, {
    ...options,
    applicationName: "muniment-audit",
    parameters: {
      ...parameters,
      statement_timeout: "300000",
      // A node that hangs in the middle of sealing must not keep the others from it.
      idle_in_transaction_session_timeout: "5000",
      // A plan for any transaction id reads the whole log to find what is new.
      plan_cache_mode: "force_custom_plan",
      // Until the tables are analyzed, the planner takes a third of the log to be new and reads all of it each turn.
      enable_seqscan: "off",
      enable_hashjoin: "off",
      enable_mergejoin: "off",
      max_parallel_workers_per_gather: "0",
      // Up to PostgreSQL 17, what has to read a whole small table is then so dear that it would be compiled first.
      jit: "off",
    },
  });
  const ingest = createStatements(connections.ingest, 2, {
    ...options,
    applicationName: "muniment-ingest",
  });
  const bulk = createBulk(connections.ingest, 4, {
    applicationName: "muniment-bulk",
    // What is executed there has values of any number, and a plan that is always the same.
    parameters: { ...parameters, plan_cache_mode: "force_generic_plan" },
  });
  const known = createKnownTexts();
  const over = (pool: ReadPool, runOn?: ScopedRun) => (scope: Scope) =>
    drizzle(scopedClient(pool, scope, runOn) as unknown as postgres.Sql);
  const quickFirst: ReadPool = {
    use: (run) =>
      quickSearches.use(run).catch((error: unknown) => {
        if (isStatementTimeout(error)) return searches.use(run);
        throw error;
      }),
  };
  const transactions =
    (lane: typeof changes): Database["transaction"] =>
    (scope, run, options) =>
      lane.use(({ transaction }) => transaction(scope, run, options));
  const pools = [work, lists, touches, named, pages, rows, raw, health, audit, ingest, bulk];
  return {
    transaction: transactions(changes),
    touch: transactions(watched("touches", touches)),
    reads: over(reads),
    background: over(background),
    searches: over(searches, known.custom),
    searching: (scope, run) =>
      searches.use((connection) =>
        run(over({ use: (act) => act(connection) }, known.custom)(scope)),
      ),
    quickSearches: over(quickSearches, known.custom),
    tails: over(tails, known.either),
    counts: over(quickFirst, known.planned),
    rows: rows.read,
    run: (query, scope, values) => runPrepared(keyed, query, scope, values),
    pages: (query, scope, values) => runPrepared(paged, query, scope, values),
    ingest,
    bulk,
    raw,
    health,
    audit,
    close: async () => {
      await Promise.all(pools.map((pool) => pool.close()));
    },
  };
}
