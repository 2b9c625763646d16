import type { ConnectionFacts } from "@muniment/db/connection.ts";
import { connect } from "@muniment/db/connection.ts";
import type postgres from "postgres";
import type { Encryption } from "../encryption.ts";
import { type EncryptedColumn, encryptedColumns } from "./encrypted-columns.ts";

const rowsAtOnce = 500;

/** What became of the rows of a column that were not under the newest element. */
export type Reencrypted = {
  table: string;
  column: string;
  done: number;
  /** No element of the ring opens them. */
  unreadable: number;
};

type Options = {
  /** Ends it between two batches; the next pass goes on. */
  signal?: AbortSignal;
  onBatch?: (done: number) => void;
};

type Row = { id: string; sealed: string };

/** How many of these rows, which `tx` has locked, are encrypted anew; the others no element opens. */
async function reencryptRows(
  tx: postgres.TransactionSql,
  encryption: Encryption,
  { table, column, id, place }: EncryptedColumn,
  rows: readonly Row[],
): Promise<number> {
  const made = rows.flatMap((row) => {
    try {
      const plain = encryption.decrypt(row.sealed, place(row.id));
      return [{ id: row.id, sealed: encryption.encrypt(plain, place(row.id)) }];
    } catch {
      return [];
    }
  });
  if (made.length > 0) {
    await tx`
      update ${tx(table)} t set ${tx(column)} = made.sealed
      from json_to_recordset(${JSON.stringify(made)}::text::json) as made (id uuid, sealed text)
      where t.${tx(id)} = made.id`;
  }
  return made.length;
}

/** One batch; rows that others have locked are left out, so that nobody waits in a circle. */
function reencryptBatch(
  sql: postgres.Sql,
  encryption: Encryption,
  encrypted: EncryptedColumn,
  after: string,
): Promise<{ last: string | null; done: number }> {
  const { table, column, id } = encrypted;
  return sql.begin(async (tx) => {
    const rows = await tx<Row[]>`
      select ${tx(id)} as id, ${tx(column)} as sealed from ${tx(table)}
      where ${tx(id)} > ${after}::uuid and not starts_with(${tx(column)}, ${encryption.newestHead})
      order by ${tx(id)} limit ${rowsAtOnce} for no key update skip locked`;
    const done = await reencryptRows(tx, encryption, encrypted, rows);
    return { last: rows.length < rowsAtOnce ? null : (rows.at(-1)?.id ?? null), done };
  }) as Promise<{ last: string | null; done: number }>;
}

/** One row, once nobody else has it locked; null where it is gone or encrypted anew by then. */
function reencryptRow(
  sql: postgres.Sql,
  encryption: Encryption,
  encrypted: EncryptedColumn,
  key: string,
): Promise<number | null> {
  const { table, column, id } = encrypted;
  return sql.begin(async (tx) => {
    const rows = await tx<Row[]>`
      select ${tx(id)} as id, ${tx(column)} as sealed from ${tx(table)}
      where ${tx(id)} = ${key}::uuid and not starts_with(${tx(column)}, ${encryption.newestHead})
      for no key update`;
    return rows.length === 0 ? null : await reencryptRows(tx, encryption, encrypted, rows);
  }) as Promise<number | null>;
}

const beforeAll = "00000000-0000-0000-0000-000000000000";

async function reencryptColumn(
  sql: postgres.Sql,
  encryption: Encryption,
  encrypted: EncryptedColumn,
  { signal, onBatch }: Options,
): Promise<Reencrypted> {
  const { table, column, id } = encrypted;
  const total = { table, column, done: 0, unreadable: 0 };
  let after: string | null = beforeAll;
  while (after !== null && !signal?.aborted) {
    const batch = await reencryptBatch(sql, encryption, encrypted, after);
    total.done += batch.done;
    after = batch.last;
    onBatch?.(batch.done);
  }
  const left = await sql`
    select ${sql(id)} as id from ${sql(table)}
    where not starts_with(${sql(column)}, ${encryption.newestHead}) order by ${sql(id)}`;
  for (const row of left) {
    if (signal?.aborted) break;
    const done = await reencryptRow(sql, encryption, encrypted, row.id);
    total.done += done ?? 0;
    total.unreadable += done === 0 ? 1 : 0;
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
