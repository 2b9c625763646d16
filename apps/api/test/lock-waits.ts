import type { TestServer } from "./harness.ts";

/** How many connections to the server's own database wait for a lock; other tests share its cluster. */
export async function lockWaits({ owner }: Pick<TestServer, "owner">): Promise<number> {
  const [row] = await owner`
    select count(*)::int from pg_locks join pg_stat_activity using (pid)
    where not granted and datname = current_database()`;
  return row?.count;
}
