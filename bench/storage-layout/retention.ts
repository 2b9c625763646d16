import type { Sql } from "postgres";
import type { Layout } from "./layouts.ts";

const chunk = 5000;

/** Times the ways to forget the months of the oldest data: one dropped, one deleted row by row. */
export async function retention(sql: Sql, layout: Layout): Promise<(string | number)[][]> {
  const months = await sql`SELECT relname FROM pg_class
    WHERE relnamespace = ${layout.name}::regnamespace AND relkind = 'r'
      AND relname ~ '^events_' AND reltuples > 1000 ORDER BY relname`;
  const [dropped, deleted] = [months[1]?.relname, months[2]?.relname];
  const steps: (string | number)[][] = [];
  const timed = async (what: string, work: () => Promise<number>) => {
    const started = performance.now();
    const count = await work();
    steps.push([what, count, `${Math.round(performance.now() - started)} ms`]);
  };
  const chunked = async (next: string) => {
    let count = 0;
    for (;;) {
      const done = (await sql.unsafe(next)).count;
      count += done;
      if (done === 0) return count;
    }
  };
  const victims = (table: string) =>
    `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${table} LIMIT ${chunk}))`;
  if (layout.ids === "plain") {
    await timed("delete a month's event_ids in chunks", () =>
      chunked(`DELETE FROM event_ids WHERE (user_id, id) IN (SELECT e.user_id, e.id
        FROM ${dropped} e JOIN event_ids i USING (user_id, id) LIMIT ${chunk})`),
    );
  }
  await timed("detach concurrently and drop a month of events", async () => {
    const [size] = await sql.unsafe(`SELECT count(*)::int AS n FROM ${dropped}`);
    await sql.unsafe(`ALTER TABLE events DETACH PARTITION ${dropped} CONCURRENTLY`);
    await sql.unsafe(`DROP TABLE ${dropped}`);
    return size?.n;
  });
  await timed("delete a month of events in chunks", () => chunked(victims(deleted)));
  if (layout.ids === "range") {
    const ids = String(dropped).replace("events_", "event_ids_");
    await timed("look whether a month of event_ids may be dropped", async () => {
      const [row] = await sql.unsafe(
        `SELECT count(*)::int AS n FROM ${ids} WHERE occurred_at >= now() - interval '300 days'`,
      );
      return row?.n;
    });
  }
  return steps;
}
