/** Shows what row-level security does to the plans, and what resuming a tail costs: `npx tsx bench/storage-layout/run-access.ts [rows]`. */
import type { Sql } from "postgres";
import { makeBatch } from "./batches.ts";
import { layouts, monthDdl } from "./layouts.ts";
import { heavyUser, load, makeSource } from "./load.ts";
import { percentiles } from "./reads.ts";
import { startServer } from "./server.ts";

const rows = Number(process.argv[2] ?? 300_000);
const layout = layouts.find(({ name }) => name === "b_receipts");
const indexed = layouts.find(({ name }) => name === "b_tail_index");
if (!layout || !indexed) throw new Error("the layouts are gone");
const server = await startServer();

const policies = `
  CREATE EXTENSION pg_trgm; CREATE EXTENSION btree_gin;
  CREATE ROLE app LOGIN; CREATE ROLE ingest LOGIN;
  GRANT SELECT ON events, event_ids, receipts TO app;
  GRANT INSERT ON events, event_ids, receipts TO ingest;
  GRANT SELECT (user_id, id, digest) ON event_ids TO ingest;
  ALTER TABLE events ENABLE ROW LEVEL SECURITY;
  ALTER TABLE event_ids ENABLE ROW LEVEL SECURITY;
  ALTER TABLE receipts ENABLE ROW LEVEL SECURITY;`;
const perTable = (table: string) => `
  CREATE POLICY own ON ${table} FOR SELECT TO app
    USING (user_id = nullif(current_setting('muniment.user_id', true), '')::uuid);
  CREATE POLICY store ON ${table} FOR INSERT TO ingest WITH CHECK (true);`;
const dedupe = "CREATE POLICY dedupe ON event_ids FOR SELECT TO ingest USING (true);";

const order = "ORDER BY occurred_at DESC, id DESC LIMIT 50";
const questions: Record<string, string> = {
  "newest page": "true",
  "past page":
    "occurred_at < now() - interval '90 days' AND (occurred_at, id) < (now() - interval '90 days', 'ffffffff-ffff-7fff-bfff-ffffffffffff')",
  "type equals": "type = 'rare.type'",
  "type prefix by LIKE": "type LIKE 'rare.%'",
  "type prefix by range": "type >= 'rare.' AND type < 'rare/'",
  "jsonb containment": `props @> '{"port": 4242}'`,
  "free text by ILIKE": "message ILIKE '%port 4242'",
};

async function explain(sql: Sql, where: string) {
  const text = `EXPLAIN (ANALYZE, COSTS OFF, BUFFERS OFF) SELECT * FROM events
    WHERE user_id = '${heavyUser}' AND ${where} ${order}`;
  const plan = (await sql.unsafe(text)).map((row) => String(row["QUERY PLAN"]));
  const seen = new Set<string>();
  for (const entry of plan.filter((entry) => !entry.includes("never executed"))) {
    const kind = entry
      .replace(/events_\w+/g, "events_N")
      .replace(/\(actual.*|\d+\b/g, "")
      .trim();
    if (/Scan|Cond|Filter|Append|Execution/.test(entry) && !seen.has(kind))
      console.log(`    ${entry.trim()}`);
    seen.add(kind);
  }
}

const resumeIndex = `SELECT * FROM events
  WHERE user_id = $1 AND (commit_xid, ingest_seq) > ($2::xid8, $3::bigint)
    AND commit_xid < pg_snapshot_xmin(pg_current_snapshot())
  ORDER BY commit_xid, ingest_seq LIMIT 500`;
const resumeReceipts = `SELECT r.commit_xid, r.position, i.ordinal, e.* FROM (
    SELECT * FROM receipts WHERE user_id = $1 AND (commit_xid, position) > ($2::xid8, $3::bigint)
      AND commit_xid < pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY commit_xid, position LIMIT 5) r,
  unnest(r.ids, r.times) WITH ORDINALITY AS i (id, occurred_at, ordinal),
  LATERAL (SELECT * FROM events e WHERE e.user_id = $1 AND e.id = i.id
    AND e.occurred_at = i.occurred_at LIMIT 1) e
  ORDER BY r.commit_xid, r.position, i.ordinal`;

try {
  const sql = server.connect(1);
  for (const each of [layout, indexed]) {
    await sql.unsafe(
      `CREATE SCHEMA ${each.name}; SET search_path = ${each.name}, public; ${each.ddl}`,
    );
    for (let month = -12; month <= 1; month++) await sql.unsafe(monthDdl(each, month));
  }
  await sql.unsafe("SET search_path = public");
  await makeSource(sql, rows);
  for (const each of [layout, indexed]) {
    await sql.unsafe(`SET search_path = ${each.name}, public`);
    await load(sql, each);
    for (let i = 0; i < 1000; i++) {
      const batch = makeBatch().replaceAll(/"user_id":"[^"]+"/g, `"user_id":"${heavyUser}"`);
      await sql.unsafe(each.ingest, [batch], { prepare: true });
    }
    await sql.unsafe("VACUUM ANALYZE");
    const table = each === layout ? "receipts" : "events";
    const seq = each === layout ? "position" : "ingest_seq";
    const starts =
      await sql.unsafe(`SELECT commit_xid::text AS xid, ${seq}::text AS seq FROM ${table}
      WHERE user_id = '${heavyUser}' ORDER BY random() LIMIT 200`);
    const text = each === layout ? resumeReceipts : resumeIndex;
    let at = 0;
    const { p50, p95 } = await percentiles(200, () => {
      const start = starts[at++ % starts.length];
      return sql.unsafe(text, [heavyUser, start?.xid, start?.seq], { prepare: true });
    });
    console.log(
      `tail, up to 500 events by ${each.name}: p50 ${p50.toFixed(2)} p95 ${p95.toFixed(2)} ms`,
    );
    const [size] =
      await sql.unsafe(`SELECT sum(pg_relation_size(indexrelid))::bigint AS index FROM pg_index
      WHERE indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = '${each.name}'::regnamespace
        AND relname ~ '^${table}') AND pg_get_indexdef(indexrelid) ~ 'commit_xid'`);
    console.log(`  its index: ${size?.index} bytes`);
  }
  await sql.unsafe(`SET search_path = ${layout.name}, public; ${policies}${dedupe}
    ${["events", "event_ids", "receipts"].map(perTable).join("")}
    GRANT USAGE ON SCHEMA ${layout.name} TO app, ingest;
    CREATE INDEX ON events (user_id, type, occurred_at DESC, id DESC);
    CREATE INDEX events_props ON events USING gin (user_id, props jsonb_path_ops);
    CREATE INDEX events_text ON events USING gin (user_id, message gin_trgm_ops);`);
  await sql.unsafe("ANALYZE events");
  const app = server.connect(1, "app", layout.name);
  console.log("no user set:", (await app`SELECT count(*)::int AS n FROM events`)[0]?.n, "rows");
  await app`SELECT set_config('muniment.user_id', ${heavyUser}, false)`;
  console.log(
    "other user:",
    (await app`SELECT count(*)::int AS n FROM events WHERE user_id <> ${heavyUser}`)[0]?.n,
  );
  for (const [name, where] of Object.entries(questions)) {
    console.log(`${name}\n  as the owner`);
    await explain(sql, where);
    console.log("  under the policy");
    await explain(app, where);
  }
  const ingest = server.connect(1, "ingest", layout.name);
  const batch = makeBatch();
  const stored = await ingest.unsafe(layout.ingest, [batch], { prepare: true });
  const again = await ingest.unsafe(layout.ingest, [batch], { prepare: true });
  console.log(`the ingest role stored ${stored.length}, then ${again.length}`);
  for (const text of [
    "SELECT * FROM events",
    "SELECT occurred_at FROM event_ids",
    "DELETE FROM events",
  ]) {
    await ingest.unsafe(text).catch((error) => console.log(`  ${text}: ${error.message}`));
  }
  await Promise.all([sql.end(), app.end(), ingest.end()]);
} finally {
  await server.stop();
}
