import type { TestServer } from "./harness.ts";

/** How many connections wait for a lock that the test itself holds, by its owner's connection. */
export async function waitsForTest({ owner }: Pick<TestServer, "owner">): Promise<number> {
  const [row] = await owner`
    select count(*)::int from pg_stat_activity waiting
    where datname = current_database() and exists (
      select from unnest(pg_blocking_pids(waiting.pid)) as holder (pid) join pg_stat_activity using (pid)
      where application_name = 'test-owner'
    )`;
  return row?.count;
}

/** How many connections to the server's own database wait for a lock; other tests share its cluster. */
export async function lockWaits({ owner }: Pick<TestServer, "owner">): Promise<number> {
  const [row] = await owner`
    select count(*)::int from pg_locks join pg_stat_activity using (pid)
    where not granted and datname = current_database()`;
  return row?.count;
}
