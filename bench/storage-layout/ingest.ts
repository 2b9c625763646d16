import type { Sql } from "postgres";
import { makeBatch } from "./batches.ts";
import type { Layout } from "./layouts.ts";
import type { startServer } from "./server.ts";

const connections = 8;

/** Rows stored durably by 8 connections in batches of 100, `seconds` long. */
async function ingest(sql: Sql, layout: Layout, seconds: number): Promise<number> {
  const until = performance.now() + seconds * 1000;
  let rows = 0;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (performance.now() < until) {
        // Apart from the sum: "rows += await" would read `rows` before the other connections add to it.
        const stored = await sql.unsafe(layout.ingest, [makeBatch()], { prepare: true });
        rows += stored.length;
      }
    }),
  );
  return rows;
}

/** Prints rows per second and the server's CPU per 1,000 rows, in short turns so that noise falls on all alike. */
export async function compareIngest(
  server: Awaited<ReturnType<typeof startServer>>,
  layouts: Layout[],
  rounds: number,
): Promise<void> {
  const turns = layouts.map((layout) => ({
    layout,
    sql: server.connect(connections, "owner", layout.name),
    rates: [] as number[],
    cpu: [] as number[],
  }));
  for (let round = -1; round < rounds; round++) {
    for (const { layout, sql, rates, cpu } of turns) {
      const [started, used] = [performance.now(), server.cpuSeconds()];
      const rows = await ingest(sql, layout, 1);
      if (round < 0) continue;
      rates.push((rows * 1000) / (performance.now() - started));
      cpu.push(((server.cpuSeconds() - used) * 1e6) / rows);
    }
  }
  const median = (list: number[]) => list.sort((a, b) => a - b)[list.length >> 1] ?? Number.NaN;
  console.log("| layout | rows/s | server CPU, ms per 1,000 rows |\n|---|---|---|");
  for (const { layout, sql, rates, cpu } of turns) {
    console.log(`| ${layout.name} | ${Math.round(median(rates))} | ${median(cpu).toFixed(1)} |`);
    await sql.end();
  }
}

/** Milliseconds of one batch whose 100 ids are all there already, with the look at their digests. */
export async function duplicateBatch(sql: Sql, layout: Layout): Promise<() => Promise<void>> {
  const batch = makeBatch();
  await sql.unsafe(layout.ingest, [batch], { prepare: true });
  const table = layout.ids ? "event_ids" : "events";
  const compare = `SELECT s.user_id, s.id, e.digest = decode(s.digest, 'hex') AS same
    FROM json_to_recordset($1::text::json) AS s(user_id uuid, id uuid, digest text)
    JOIN ${table} e ON e.user_id = s.user_id AND e.id = s.id`;
  return async () => {
    const stored = await sql.unsafe(layout.ingest, [batch], { prepare: true });
    const known = await sql.unsafe(compare, [batch], { prepare: true });
    const same = known.filter((row) => row.same).length;
    if (stored.length !== 0 || same !== 100) throw new Error("a duplicate was stored or not seen");
  };
}
