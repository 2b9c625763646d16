import type { ConnectionFacts } from "@muniment/db/connection.ts";
import { connect } from "@muniment/db/connection.ts";
import type postgres from "postgres";
import type { Encryption } from "../encryption.ts";
import { type EncryptedColumn, encryptedColumns } from "./encrypted-columns.ts";

const rowsAtOnce = 500;
/** How long a row is waited for that somebody else has locked. */
const lockPatience = "5s";

/** What became of the rows of a column that were not under the newest element. */
export type Reencrypted = {
  table: string;
  column: string;
  done: number;
  /** No element of the ring opens them. */
  unreadable: number;
  /** Others had them locked for long: the next pass may get them. */
  locked: number;
};

type Options = {
  /** Ends it between two batches, or two rows that are waited for; the next pass goes on. */
  signal?: AbortSignal;
  onBatch?: (done: number) => void;
};

type Row = { id: string; sealed: string };

/** Encrypts these rows anew, which `tx` has locked; answers those that no element opens. */
async function reencryptRows(
  tx: postgres.TransactionSql,
  encryption: Encryption,
  { table, column, id, place }: EncryptedColumn,
  rows: readonly Row[],
): Promise<string[]> {
  const unreadable: string[] = [];
  const made: Row[] = [];
  for (const row of rows) {
    try {
      const plain = encryption.decrypt(row.sealed, place(row.id));
      made.push({ id: row.id, sealed: encryption.encrypt(plain, place(row.id)) });
    } catch {
      unreadable.push(row.id);
    }
  }
  if (made.length > 0) {
    await tx`
      update ${tx(table)} t set ${tx(column)} = made.sealed
      from json_to_recordset(${JSON.stringify(made)}::text::json) as made (id uuid, sealed text)
      where t.${tx(id)} = made.id`;
  }
  return unreadable;
}

type Batch = { last: string | null; done: number; unreadable: string[] };

/** One batch; rows that others have locked are left out, so that nobody waits in a circle. */
function reencryptBatch(
  sql: postgres.Sql,
  encryption: Encryption,
  encrypted: EncryptedColumn,
  after: string,
): Promise<Batch> {
  const { table, column, id } = encrypted;
  return sql.begin(async (tx) => {
    const rows = await tx<Row[]>`
      select ${tx(id)} as id, ${tx(column)} as sealed from ${tx(table)}
      where ${tx(id)} > ${after}::uuid and not starts_with(${tx(column)}, ${encryption.newestHead})
      order by ${tx(id)} limit ${rowsAtOnce} for no key update skip locked`;
    const unreadable = await reencryptRows(tx, encryption, encrypted, rows);
    const last = rows.length < rowsAtOnce ? null : (rows.at(-1)?.id ?? null);
    return { last, done: rows.length - unreadable.length, unreadable };
  }) as Promise<Batch>;
}

/** One row, once nobody else has it locked. @throws Error with code 55P03 where that lasts too long */
function reencryptRow(
  sql: postgres.Sql,
  encryption: Encryption,
  encrypted: EncryptedColumn,
  key: string,
): Promise<{ done: number; unreadable: number }> {
  const { table, column, id } = encrypted;
  return sql.begin(async (tx) => {
    await tx`select set_config('lock_timeout', ${lockPatience}, true)`;
    const rows = await tx<Row[]>`
      select ${tx(id)} as id, ${tx(column)} as sealed from ${tx(table)}
      where ${tx(id)} = ${key}::uuid and not starts_with(${tx(column)}, ${encryption.newestHead})
      for no key update`;
    const { length } = await reencryptRows(tx, encryption, encrypted, rows);
    return { done: rows.length - length, unreadable: length };
  }) as Promise<{ done: number; unreadable: number }>;
}

const isLocked = (error: unknown) =>
  error instanceof Error && "code" in error && error.code === "55P03";
const beforeAll = "00000000-0000-0000-0000-000000000000";

async function reencryptColumn(
  sql: postgres.Sql,
  encryption: Encryption,
  encrypted: EncryptedColumn,
  { signal, onBatch }: Options,
): Promise<Reencrypted> {
  const { table, column, id } = encrypted;
  const total = { table, column, done: 0, unreadable: 0, locked: 0 };
  const unreadable = new Set<string>();
  let after: string | null = beforeAll;
  while (after !== null && !signal?.aborted) {
    const batch: Batch = await reencryptBatch(sql, encryption, encrypted, after);
    for (const key of batch.unreadable) unreadable.add(key);
    total.done += batch.done;
    after = batch.last;
    onBatch?.(batch.done);
  }
  total.unreadable = unreadable.size;
  if (signal?.aborted) return total;
  const rows = await sql`
    select ${sql(id)} as id from ${sql(table)}
    where not starts_with(${sql(column)}, ${encryption.newestHead}) order by ${sql(id)}`;
  const left = rows.filter((row) => !unreadable.has(row.id));
  for (const [at, row] of left.entries()) {
    if (signal?.aborted) break;
    try {
      const one = await reencryptRow(sql, encryption, encrypted, row.id);
      total.done += one.done;
      total.unreadable += one.unreadable;
      onBatch?.(one.done);
    } catch (error) {
      if (!isLocked(error)) throw error;
      // Whoever has one locked for long may have all of them.
      total.locked = left.length - at;
      break;
    }
  }
  return total;
}

/**
 * Encrypts everything anew that an older element of `ENCRYPTION_KEY` encrypts, in batches, each of which
 * is a transaction: what was interrupted goes on where it stood. `sql` is the owner's, as rows of all users
 * are meant. Servers must know the newest element already.
 */
export async function reencrypt(
  sql: postgres.Sql,
  encryption: Encryption,
  options: Options = {},
): Promise<Reencrypted[]> {
  const all: Reencrypted[] = [];
  for (const column of encryptedColumns) {
    all.push(await reencryptColumn(sql, encryption, column, options));
  }
  return all;
}

/** The same over a connection of its own. */
export async function reencryptOver(
  owner: ConnectionFacts,
  encryption: Encryption,
  options: Options = {},
): Promise<Reencrypted[]> {
  const sql = connect(owner, { max: 1, applicationName: "muniment-key-rotation" });
  try {
    return await reencrypt(sql, encryption, options);
  } finally {
    await sql.end({ timeout: 2 });
  }
}
