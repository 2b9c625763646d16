/** Tries the chosen tables and statements once, roles and policies included: `npx tsx bench/storage-layout/run-chosen.ts`. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { makeBatch } from "./batches.ts";
import { byId, classify, ingest, page, resume } from "./chosen.ts";
import { startServer } from "./server.ts";

const server = await startServer();
const options = { prepare: true };
try {
  const owner = server.connect(1);
  await owner.unsafe(readFileSync(new URL("chosen.sql", import.meta.url), "utf8"));
  await owner.unsafe(`CREATE ROLE ingest LOGIN;
    GRANT INSERT ON events, event_ids, receipts TO ingest;
    GRANT SELECT (user_id, id, digest) ON event_ids TO ingest;
    GRANT EXECUTE ON FUNCTION ensure_event_partition TO ingest;`);
  for (const table of ["events", "event_ids", "receipts"]) {
    await owner.unsafe(`ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;
      CREATE POLICY store ON ${table} FOR INSERT TO ingest WITH CHECK (true)`);
  }
  await owner.unsafe("CREATE POLICY dedupe ON event_ids FOR SELECT TO ingest USING (true)");
  const sql = server.connect(2, "ingest");
  type Sent = { ord: number; user_id: string; id: string; occurred_at: string; digest: string };
  const first: Sent[] = JSON.parse(makeBatch());
  const second: Sent[] = JSON.parse(makeBatch());
  const old = first[3];
  const twin = first[4];
  assert(old && twin);
  old.occurred_at = "2003-05-06T07:08:09.123Z";
  const both = [...first, ...second, { ...twin }, { ...twin, digest: "ff".repeat(32) }];
  for (const [ord, event] of both.entries()) event.ord = ord;
  const text = JSON.stringify(both);
  const missing = await sql.unsafe(ingest, [text], options).catch((error) => error.code);
  assert.equal(missing, "23514");
  const made = [];
  for (const at of [old.occurred_at, new Date().toISOString()]) {
    made.push((await sql`SELECT ensure_event_partition(${at}) AS name`)[0]?.name);
  }
  const rivals = await Promise.all([1, 2].map(() => sql.unsafe(ingest, [text], options)));
  const winners = rivals.flat().map((row) => row.ord);
  assert.equal(winners.length, 200);
  const same = await sql.unsafe(classify, [text], options);
  assert.equal(same.filter((row) => row.same).length, 201);
  assert.deepEqual(
    same.filter((row) => !row.same).map((row) => row.ord),
    [201],
  );
  const far = "ffffffff-ffff-7fff-bfff-ffffffffffff";
  const rows = await owner.unsafe(page, [old.user_id, "2000-01-01Z", "2100-01-01Z", far, 50]);
  assert.equal(rows.length, 50);
  assert.equal((await owner.unsafe(byId, [old.user_id, old.id]))[0]?.id, old.id);
  const tail = await owner.unsafe(resume, [old.user_id, "0", "0", 5]);
  assert.deepEqual(
    tail.slice(0, 100).map((row) => row.id),
    first.map((event) => event.id),
  );
  const months = ["1999-12-31Z", "2100-01-01Z"];
  for (const at of months) {
    const code = await sql`SELECT ensure_event_partition(${at})`.catch((error) => error.code);
    assert.equal(code, "22008");
  }
  const [json] =
    await owner`SELECT '{"bb":1.0,"a":1e3,"c":1e-7,"d":-0,"e":1.10,"f":5e-324,"g":1.7976931348623157e308}'::jsonb::text AS text`;
  const started = performance.now();
  await owner`SELECT ensure_event_partition(now() + interval '40 days')`;
  console.log({
    made,
    jsonb: json?.text.slice(0, 75),
    length: json?.text.length,
    ms: performance.now() - started,
  });
  // As the application's role, whose policy forbids the index to operators that are not leakproof.
  await owner.unsafe("CREATE ROLE app LOGIN; GRANT SELECT ON events, event_ids, receipts TO app");
  for (const table of ["events", "event_ids", "receipts"]) {
    await owner.unsafe(`CREATE POLICY own ON ${table} FOR SELECT TO app
      USING (user_id = nullif(current_setting('muniment.user_id', true), '')::uuid)`);
  }
  await owner.unsafe("ANALYZE");
  const app = server.connect(1, "app");
  await app.unsafe(`SET muniment.user_id = '${old.user_id}'; SET enable_seqscan = off;
    PREPARE page(uuid, timestamptz, timestamptz, uuid, int) AS ${page};
    PREPARE resume(uuid, xid8, bigint, int) AS ${resume}; PREPARE by_id(uuid, uuid) AS ${byId}`);
  for (const call of [
    `page('${old.user_id}', '2026-01-01Z', '2100-01-01Z', '${far}', 50)`,
    `resume('${old.user_id}', '0', '0', 5)`,
    `by_id('${old.user_id}', '${old.id}')`,
  ]) {
    const plan = await app.unsafe(`EXPLAIN (COSTS OFF) EXECUTE ${call}`);
    console.log(plan.map((row) => row["QUERY PLAN"]).join("\n"));
  }
  await app.end();
  await Promise.all([owner.end(), sql.end()]);
} finally {
  await server.stop();
}
