import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type postgres from "postgres";

/** A file of a table or an index, or a part of one, by its number. */
const ofRelation = /^(\d+)(?:_(?:fsm|vm|init))?(?:\.\d+)?$/;

/** The transactions under way, of whatever age: by the clock none could be told from one that began later. */
async function underWay(sql: postgres.Sql) {
  const rows = await sql`
    select pid || ' ' || xact_start::text as name from pg_stat_activity
    where pid <> pg_backend_pid() and (datname = current_database() or datname is null)
      and xact_start is not null`;
  return rows.map(({ name }) => String(name));
}

/** Waits until every transaction is over that had begun: it may be making a table that nobody else sees yet. */
async function untilOver(sql: postgres.Sql, patienceMilliseconds: number) {
  const begun = new Set(await underWay(sql));
  const end = performance.now() + patienceMilliseconds;
  while (performance.now() < end) {
    if (!(await underWay(sql)).some((name) => begun.has(name))) return;
    await sleep(200);
  }
  throw new Error("a transaction lasts that may be making a table");
}

/** Those of the files that the catalogue knows no table or index of. */
async function ofNoTable(sql: postgres.Sql, names: readonly string[]) {
  const nodes = await sql`select pg_relation_filenode(oid)::text as node from pg_class`;
  const known = new Set(nodes.map(({ node }) => node));
  return names.filter((name) => {
    const [, node] = ofRelation.exec(name) ?? [];
    return node !== undefined && !known.has(node);
  });
}

/**
 * Removes the files that PostgreSQL left in its folder when it was killed while it wrote a table anew:
 * they hold copies of the rows, belong to no table any more, and it never removes them by itself.
 * @throws where there may be such files and a transaction lasts longer than is waited for
 */
export async function removeForgottenFiles(
  sql: postgres.Sql,
  directory: string,
  patienceMilliseconds: number,
): Promise<void> {
  const [row] = await sql`select oid::text from pg_database where datname = current_database()`;
  const folder = join(directory, "base", String(row?.oid));
  // PostgreSQL itself removes here what was dropped before.
  await sql`checkpoint`;
  const unknown = await ofNoTable(sql, await readdir(folder));
  if (unknown.length === 0) return;
  await untilOver(sql, patienceMilliseconds);
  const forgotten = await ofNoTable(sql, unknown);
  // And here what was dropped meanwhile.
  await sql`checkpoint`;
  for (const name of forgotten) await rm(join(folder, name), { force: true });
}
