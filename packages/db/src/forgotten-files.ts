import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type postgres from "postgres";

/** A file of a table or an index, or a part of one, by its number. */
const ofRelation = /^(\d+)(?:_(?:fsm|vm|init))?(?:\.\d+)?$/;

/** Waits until every transaction is over that had begun: it may be making a table that nobody else sees yet. */
async function untilOver(sql: postgres.Sql, patienceMilliseconds: number) {
  const [row] = await sql`select clock_timestamp()::text as now`;
  const end = performance.now() + patienceMilliseconds;
  while (performance.now() < end) {
    const running = await sql`
      select 1 from pg_stat_activity
      where pid <> pg_backend_pid() and (datname = current_database() or datname is null)
        and xact_start <= ${row?.now}::text::timestamptz limit 1`;
    if (running.length === 0) return;
    await sleep(200);
  }
  throw new Error("a transaction lasts that may be making a table");
}

/**
 * Removes the files that PostgreSQL left in its folder when it was killed while it wrote a table anew:
 * they hold copies of the rows, belong to no table any more, and it never removes them by itself.
 * @throws where a transaction lasts longer than is waited for
 */
export async function removeForgottenFiles(
  sql: postgres.Sql,
  directory: string,
  patienceMilliseconds: number,
): Promise<void> {
  const [row] = await sql`select oid::text from pg_database where datname = current_database()`;
  const folder = join(directory, "base", String(row?.oid));
  const found = await readdir(folder);
  await untilOver(sql, patienceMilliseconds);
  const nodes = await sql`select pg_relation_filenode(oid)::text as node from pg_class`;
  const known = new Set(nodes.map(({ node }) => node));
  // PostgreSQL itself removes here what was dropped meanwhile.
  await sql`checkpoint`;
  for (const name of found) {
    const [, node] = ofRelation.exec(name) ?? [];
    if (node !== undefined && !known.has(node)) await rm(join(folder, name), { force: true });
  }
}
