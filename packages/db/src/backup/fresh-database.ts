import { isDeepStrictEqual } from "node:util";
import { readMigrationFiles } from "drizzle-orm/migrator";
import type postgres from "postgres";
import { type CopyIn, openCopyIn } from "./copy-in.ts";
import { BackupDamaged, BackupProblem } from "./problem.ts";
import { findPartitions, type Partition, type Sequence } from "./snapshot.ts";
import { findTables, quotedTable, type Table } from "./tables.ts";

type Sql = postgres.TransactionSql;
export type Migration = ReturnType<typeof readMigrationFiles>[number];

/** As drizzle-orm makes it, so that the next start finds what has been applied. */
const migrationsTable = `
  create schema if not exists drizzle;
  create table if not exists drizzle.__drizzle_migrations (
    id serial primary key, hash text not null, created_at bigint)`;

/** @throws BackupProblem where the target holds anything that a restore could mix with */
export async function requireEmpty(sql: postgres.Sql | Sql): Promise<void> {
  const rows = await sql`
    select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'S') and n.nspname in ('public', 'drizzle')
      and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
    order by 1 limit 4`;
  if (rows.length === 0) return;
  const names = rows.slice(0, 3).map(({ name }) => name);
  throw new BackupProblem(
    `the database is not empty: it holds ${names.join(", ")}${rows.length > 3 ? " and more" : ""}. Restore into a new one`,
  );
}

/** The migrations of a backup, and those that came since. @throws BackupProblem for one made by a newer version */
export function splitMigrations(head: Pick<Shape, "migrations" | "product">, folder: string) {
  const known = readMigrationFiles({ migrationsFolder: folder });
  const isOurs = head.migrations.every((hash, at) => known[at]?.hash === hash);
  if (!isOurs) {
    throw new BackupProblem(
      `the backup was made by another version (${head.product}), whose database this one does not know: restore it with that version or a newer one`,
    );
  }
  return {
    before: known.slice(0, head.migrations.length),
    since: known.slice(head.migrations.length),
  };
}

async function apply(sql: Sql, migrations: readonly Migration[]) {
  for (const { sql: statements } of migrations) {
    for (const statement of statements) await sql.unsafe(statement);
  }
}

/** What a backup tells of its database before any row. */
export type Shape = {
  migrations: string[];
  product: string;
  partitions: Partition[];
  sequences: Sequence[];
};

/**
 * Makes the tables of a backup in an empty database, without a row: migrations put some into tables
 * themselves, and partitions of this month. By name.
 */
export async function makeTables(
  sql: Sql,
  migrations: readonly Migration[],
): Promise<Map<string, Table>> {
  await requireEmpty(sql);
  await sql.unsafe(migrationsTable);
  await apply(sql, migrations);
  for (const { name } of await findPartitions(sql)) await sql.unsafe(`drop table "${name}"`);
  const tables = await findTables(sql);
  await sql.unsafe(`truncate ${tables.map(({ name }) => quotedTable(name)).join(", ")}`);
  return new Map(tables.map((table) => [table.name, table]));
}

/** Makes the partitions of events as they were, once the table is there that says where months begin. */
async function makePartitions(sql: Sql, { partitions }: Shape) {
  for (const { from } of partitions) {
    await sql`select ensure_event_partition(${from}::text::timestamptz)`;
  }
  if (!isDeepStrictEqual(await findPartitions(sql), partitions)) {
    throw new BackupProblem("the partitions of events cannot be made as they were");
  }
}

/** Begins to fill a table. @throws BackupDamaged where there is no such table, or a column of it is not */
export async function fillTable(
  sql: Sql,
  shape: Shape,
  table: Table | undefined,
  columns: readonly string[],
): Promise<CopyIn> {
  if (!table || columns.some((column) => !table.columns.includes(column))) {
    throw new BackupDamaged("it holds a table that its version has not");
  }
  if (table.name === "public.events") await makePartitions(sql, shape);
  const names = columns.map((column) => `"${column}"`).join(", ");
  return openCopyIn(sql, `copy ${quotedTable(table.name)} (${names}) from stdin`);
}

/**
 * Counts what is there, and goes on where sequences were; then makes the tables what they are in this
 * version.
 * @throws BackupProblem where a table has more or fewer rows than were written
 */
export async function finishTables(
  sql: Sql,
  { sequences }: Shape,
  rowsOf: readonly { name: string; rows: number | null }[],
  since: readonly Migration[],
): Promise<void> {
  for (const { name, value, isCalled } of sequences) {
    await sql`
      select setval(${quotedTable(name)}::text::regclass, ${value}::text::bigint, ${isCalled}::boolean)`;
  }
  for (const { name, rows } of rowsOf) {
    if (rows === null) continue;
    const [found] = await sql.unsafe(`select count(*)::text as rows from ${quotedTable(name)}`);
    if (Number(found?.rows) !== rows) {
      throw new BackupProblem(`${name} has ${found?.rows} rows after the restore and had ${rows}`);
    }
  }
  // Without statistics the log would be verified, and the first questions answered, by the worst of plans.
  const tables = rowsOf.flatMap(({ name, rows }) => (rows === null ? [] : [quotedTable(name)]));
  await sql.unsafe(`analyze ${tables.join(", ")}`);
  await apply(sql, since);
  for (const { hash, folderMillis } of since) {
    await sql`
      insert into drizzle.__drizzle_migrations (hash, created_at)
      values (${hash}, ${String(folderMillis)}::text::bigint)`;
  }
}
