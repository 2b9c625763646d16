/** Measures the candidate layouts of `events`: `npx tsx bench/storage-layout/run.ts [rows] [rounds]`; no rows, no reads. */
import type { Sql } from "postgres";
import { compareIngest, duplicateBatch } from "./ingest.ts";
import { type Layout, layouts, monthDdl } from "./layouts.ts";
import { load, makeSource } from "./load.ts";
import { percentiles, planningTime, reader, readQueries } from "./reads.ts";
import { retention } from "./retention.ts";
import { startServer } from "./server.ts";

const rows = Number(process.argv[2] ?? 1_300_000);
const rounds = Number(process.argv[3] ?? 8);
const server = await startServer();

async function inLayout<T>(layout: Layout, work: (sql: Sql) => Promise<T>) {
  const sql = server.connect(1, "owner", layout.name);
  try {
    return await work(sql);
  } finally {
    await sql.end();
  }
}

async function addMonths(sql: Sql, layout: Layout, from: number, to: number) {
  for (let month = from; month <= to; month++) await sql.unsafe(monthDdl(layout, month));
}

const ms = (value: number) => value.toFixed(2);
const line = (...cells: (string | number)[]) => console.log(`| ${cells.join(" | ")} |`);

try {
  for (const layout of layouts) {
    await inLayout(layout, async (sql) => {
      await sql.unsafe(`CREATE SCHEMA ${layout.name}`);
      await sql.unsafe(layout.ddl);
      await addMonths(sql, layout, -12, 1);
    });
  }

  await compareIngest(server, layouts, rounds);

  for (const layout of layouts) {
    if (["a", "b", "b_range"].includes(layout.name)) continue;
    await inLayout(layout, (sql) => sql.unsafe(`DROP SCHEMA ${layout.name} CASCADE`));
  }
  const sql = server.connect(1);
  await makeSource(sql, rows);
  await sql.end();

  const read = rows > 0 ? ["a", "b", "b_range"] : [];
  for (const layout of layouts.filter(({ name }) => read.includes(name))) {
    await inLayout(layout, async (sql) => {
      await load(sql, layout);
      console.log(`\n${layout.name}, ${rows} rows`);
      const sizes = await sql`SELECT CASE WHEN relname LIKE 'event_ids%' THEN 'event_ids'
          ELSE 'events' END AS what, CASE relkind WHEN 'i' THEN 'index' ELSE 'table' END AS kind,
        sum(pg_relation_size(oid))::float8 / ${rows} AS bytes FROM pg_class
        WHERE relnamespace = ${layout.name}::regnamespace AND relkind IN ('r', 'i') GROUP BY 1, 2`;
      for (const { what, kind, bytes } of sizes)
        line("bytes per event", what, kind, Math.round(bytes));
      if (layout.name !== "b_range") {
        const measure = async (label: string) => {
          for (const [name, query] of Object.entries(readQueries(layout))) {
            const times = name.includes("10,000") ? 40 : 300;
            const { p50, p95 } = await percentiles(times, await reader(sql, name, query));
            line(label, name, ms(p50), ms(p95));
          }
          const plan = await planningTime(sql, layout);
          line(label, "planning newest, past week", ms(plan.newest), ms(plan.past));
        };
        await measure("13 partitions");
        const again = await duplicateBatch(sql, layout);
        const { p50, p95 } = await percentiles(200, again);
        line("13 partitions", "100 duplicates", ms(p50), ms(p95));
        await sql.unsafe("CREATE INDEX ON events (user_id, type, occurred_at DESC, id DESC)");
        await sql.unsafe("ANALYZE events");
        await measure("13, type index");
        await addMonths(sql, layout, -58, -13);
        await sql.unsafe("ANALYZE events");
        await measure("60, type index");
      }
      for (const step of await retention(sql, layout)) line("retention", ...step);
    });
  }
} finally {
  await server.stop();
}
