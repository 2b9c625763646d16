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

type Batch = { last: string | null; done: number; unreadable: number };

/** One batch; rows that others have locked are left to the next pass, so that nobody waits in a circle. */
function reencryptBatch(
  sql: postgres.Sql,
  encryption: Encryption,
  { table, column, id, place }: EncryptedColumn,
  after: string,
): Promise<Batch> {
  return sql.begin(async (tx) => {
    const rows = await tx`
      select ${tx(id)} as id, ${tx(column)} as sealed from ${tx(table)}
      where ${tx(id)} > ${after}::uuid and not starts_with(${tx(column)}, ${encryption.newestHead})
      order by ${tx(id)} limit ${rowsAtOnce} for update skip locked`;
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
    return {
      last: rows.length < rowsAtOnce ? null : rows.at(-1)?.id,
      done: made.length,
      unreadable: rows.length - made.length,
    };
  }) as Promise<Batch>;
}

const beforeAll = "00000000-0000-0000-0000-000000000000";

async function reencryptColumn(
  sql: postgres.Sql,
  encryption: Encryption,
  column: EncryptedColumn,
  { signal, onBatch }: Options,
): Promise<Reencrypted> {
  const total = { table: column.table, column: column.column, done: 0, unreadable: 0 };
  let after: string | null = beforeAll;
  while (after !== null && !signal?.aborted) {
    const batch: Batch = await reencryptBatch(sql, encryption, column, after);
    total.done += batch.done;
    total.unreadable += batch.unreadable;
    after = batch.last;
    onBatch?.(batch.done);
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
