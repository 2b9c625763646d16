import { setTimeout as sleep } from "node:timers/promises";
import type postgres from "postgres";
import { type ConnectionFacts, connect } from "./connection.ts";
import { removeForgottenFiles } from "./forgotten-files.ts";
import { quoted } from "./grants.ts";
import { recordOfProcessing } from "./processing/record.ts";

/** A larger table would be locked for longer than a few seconds. */
const maxRewriteBytes = 256 * 1024 * 1024;
const lockPatience = "2s";
const tries = 5;
const snapshotPatienceMilliseconds = 20_000;
/** More segments of the write-ahead log than this are not waiting to be reused. */
const maxSegments = 80;

/** Nothing of them is ever changed or deleted. */
const ofTheLog: ReadonlySet<string> = new Set(["audit_entries", "audit_leaves"]);
/** Declared as personal. */
const personal = recordOfProcessing
  .filter((one) => one.personal && !ofTheLog.has(one.table))
  .map(({ table }) => table);

/** Where rows of a user can be, besides the partitions of events: by what is declared, and by its columns. */
const tablesSql = `
  select c.relname as name from pg_class c
  where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
    and not exists (select from pg_inherits where inhrelid = c.oid and inhparent = 'events'::regclass)
    and (c.relname = any($1::text[])
      or exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'user_id' and not a.attisdropped)
      or exists (select from pg_constraint k where k.conrelid = c.oid and k.confrelid = 'users'::regclass))
  order by 1`;

const codeOf = (error: unknown) => (error instanceof Error && "code" in error ? error.code : "");

/**
 * Waits until no transaction can see what was deleted before now: what is still seen would be copied.
 * @throws where one lasts longer than its patience; this is to be tried again then
 */
async function untilUnseen(sql: postgres.Sql, patienceMilliseconds: number) {
  const [row] = await sql`select pg_current_xact_id()::xid::text as xid`;
  const end = performance.now() + patienceMilliseconds;
  while (performance.now() < end) {
    const seeing = await sql`
      select 1 from pg_stat_activity
      where pid <> pg_backend_pid() and backend_xmin is not null
        and (datname = current_database() or datname is null)
        and age(backend_xmin) > age(${row?.xid}::text::xid) limit 1`;
    if (seeing.length === 0) return;
    await sleep(200);
  }
  throw new Error("a transaction still sees what was deleted");
}

/** Rewrites a table, so that its files hold live rows only; false where that is too much or it is in use. */
async function rewrite(sql: postgres.Sql, table: string): Promise<boolean> {
  const [size] = await sql`select pg_total_relation_size(${table}::text::regclass) as bytes`;
  if (Number(size?.bytes) > maxRewriteBytes) return false;
  for (let attempt = 0; attempt < tries; attempt += 1) {
    try {
      await sql.unsafe(`vacuum (full, analyze) ${table}`);
      return true;
    } catch (error) {
      if (codeOf(error) === "42P01") return true; // a partition that was dropped meanwhile
      if (codeOf(error) !== "55P03") throw error;
      await sleep(500);
    }
  }
  return false;
}

/** Goes on to new files of the write-ahead log and deletes those of before, reused ones included. */
async function renewWriteAheadLog(sql: postgres.Sql) {
  const setting = async (text: string) => {
    await sql.unsafe(text);
    await sql`select pg_reload_conf()`;
  };
  await setting("alter system set wal_recycle = off");
  try {
    // Segments that wait to be reused hold what they held before, until the log has gone through them.
    const [waiting] = await sql`
      select least(count(*), ${maxSegments}::int)::int as count from pg_ls_waldir()
      where name ~ '^[0-9A-F]{24}$' and name > pg_walfile_name(pg_current_wal_lsn())`;
    const next = async () => {
      await sql`select pg_logical_emit_message(false, 'muniment', '')`;
      await sql`select pg_switch_wal()`;
    };
    await sql`checkpoint`;
    for (let done = 0; done <= (waiting?.count ?? 0); done += 1) await next();
    await sql`checkpoint`;
    await next();
    await sql`checkpoint`;
  } finally {
    await setting("alter system reset wal_recycle");
  }
}

/**
 * Overwrites what deleted rows of users left in the files of the database, as its owner and over a
 * connection of its own. Answers the tables that were left as they are, too large or always in use.
 * In the folder of the embedded database (`directory`) it also removes files that a crash left, and
 * those of the write-ahead log.
 * @throws where a transaction lasts that can see what was deleted, or that may be making a table where
 * there are such files: before anything is rewritten
 */
export async function overwriteDeletedRows(
  owner: ConnectionFacts,
  {
    partitions,
    directory,
    patienceMilliseconds = snapshotPatienceMilliseconds,
  }: { partitions: readonly string[]; directory: string | null; patienceMilliseconds?: number },
): Promise<string[]> {
  const sql = connect(owner, {
    max: 1,
    applicationName: "muniment-overwrite",
    parameters: { lock_timeout: lockPatience },
  });
  try {
    await untilUnseen(sql, patienceMilliseconds);
    // Before what takes long, for it may have to be tried again; a file left over from now on holds
    // nothing of what was deleted, since nobody sees that any more.
    if (directory !== null) await removeForgottenFiles(sql, directory, patienceMilliseconds);
    const tables = await sql.unsafe(tablesSql, [personal]);
    const names = [...partitions, ...tables.map(({ name }) => name as string)];
    const left: string[] = [];
    const [may] = await sql`select rolsuper from pg_roles where rolname = current_user`;
    // Samples of columns stay where a table is empty when it is analysed.
    if (may?.rolsuper) {
      await sql`
        delete from pg_statistic
        where starelid in (select to_regclass(quote_ident(name)) from unnest(${[...names, "events"]}::text[]) as name)`;
    }
    for (const name of names) if (!(await rewrite(sql, quoted(name)))) left.push(name);
    if (partitions.length > 0) await sql`analyze events`;
    if (!may?.rolsuper || !(await rewrite(sql, "pg_catalog.pg_statistic")))
      left.push("pg_statistic");
    if (directory !== null) await renewWriteAheadLog(sql);
    return left;
  } finally {
    await sql.end({ timeout: 2 });
  }
}
