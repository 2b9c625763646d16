import type { Socket } from "node:net";
import type postgres from "postgres";
import { type ConnectionFacts, connect } from "../connection.ts";
import { openDriverSocket } from "../database-socket.ts";
import { findTables, quotedTable, type Table } from "./tables.ts";

/** Texts as every PostgreSQL reads them, and as long as it takes. */
export const plainTexts = {
  client_encoding: "UTF8",
  DateStyle: "ISO, YMD",
  IntervalStyle: "postgres",
  TimeZone: "UTC",
  extra_float_digits: "1",
  bytea_output: "hex",
  search_path: "public",
  statement_timeout: "0",
  idle_in_transaction_session_timeout: "0",
};

/** A lock that is waited for longer would keep others waiting behind it. */
const lockPatience = "10s";

export type Partition = { name: string; from: string; bound: string };
export type Sequence = { name: string; value: string; isCalled: boolean };

/** A database as it is at one moment. */
export type Snapshot = {
  sql: postgres.ReservedSql;
  tables: Table[];
  /** The rows of a table in COPY's text form. */
  copyOut(table: Table): AsyncIterable<Uint8Array>;
  sequences(): Promise<Sequence[]>;
  close(): Promise<void>;
};

/** The partitions of events, and the moments at which they begin. */
export async function findPartitions(
  sql: postgres.Sql | postgres.ReservedSql | postgres.TransactionSql,
): Promise<Partition[]> {
  const rows = await sql`
    select c.relname as name, pg_get_expr(c.relpartbound, c.oid) as bound
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'public.events'::regclass order by 1`;
  return rows.map(({ name, bound }) => {
    const [, from = ""] = /^FOR VALUES FROM \('([^']+)'\)/.exec(bound) ?? [];
    return { name, from, bound };
  });
}

/**
 * Begins at a moment after which no table is altered or dropped any more: they are locked as by every
 * reader, so that writers go on and migrations wait.
 */
async function begin(sql: postgres.ReservedSql): Promise<Table[]> {
  const names = (await findTables(sql)).map(({ name }) => quotedTable(name));
  await sql`begin isolation level repeatable read read only`;
  await sql.unsafe(`set local lock_timeout = '${lockPatience}'`);
  // Takes no snapshot, so that what was altered until it is locked is read as it is then.
  if (names.length > 0) await sql.unsafe(`lock table ${names.join(", ")} in access share mode`);
  return findTables(sql);
}

/** Opens a database, as its owner, at this moment, while others go on. */
export async function openSnapshot(owner: ConnectionFacts): Promise<Snapshot> {
  let socket: Socket | undefined;
  const pool = connect(owner, {
    max: 1,
    socket: async () => {
      socket = await openDriverSocket(owner);
      return socket;
    },
    applicationName: "muniment-backup",
    parameters: plainTexts,
  });
  // Ends the transaction, and a COPY that nobody reads to its end.
  const close = () => pool.end({ timeout: 0 });
  try {
    const sql = await pool.reserve();
    const tables = await begin(sql);
    return {
      sql,
      tables,
      async *copyOut({ select }) {
        yield* await sql.unsafe(`copy (${select}) to stdout`).readable();
        // The driver pauses its socket while rows are read slower than they come, and leaves it so where
        // the last of them came with the end: then nothing would ever be answered again.
        socket?.resume();
      },
      async sequences() {
        const rows = await sql`
          select schemaname || '.' || sequencename as name from pg_sequences
          where schemaname in ('public', 'drizzle') order by 1`;
        const found: Sequence[] = [];
        for (const { name } of rows) {
          const [row] = await sql.unsafe(
            `select last_value::text as value, is_called from ${quotedTable(name)}`,
          );
          found.push({ name, value: row?.value, isCalled: row?.is_called });
        }
        return found;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
