/**
 * `pnpm soak:audit [nodes writers each]`: nodes that write and seal one audit log at once, by default
 * 4 processes of 16 writers of 2,000 entries, in bench/soak/AUDIT.md. Fails unless the log is whole.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createDataKeys } from "../../apps/api/src/audit/data-keys.ts";
import { createNoteSigner } from "../../apps/api/src/audit/note-signer.ts";
import { verifyLog } from "../../apps/api/src/audit/verify-log.ts";
import { createEncryption } from "../../apps/api/src/encryption.ts";
import type { Query } from "../../packages/db/src/statements.ts";
import { open, sealerOn, seeds, startDatabase } from "./database.ts";

const [nodes = 4, writers = 16, each = 2000] = process.argv.slice(2).map(Number);
const node = fileURLToPath(new URL("node.ts", import.meta.url));
const results = new URL("../soak/AUDIT.md", import.meta.url);
const heading = `# Results

\`pnpm soak:audit\`: processes that write and seal one audit log at once, each writer's entries each in a
transaction of its own. A run is whole when every entry stands in the log once, its tree, order and
signatures verify, no deadlock happened, and no writer was ever seen to wait for a lock or to hold an
advisory one.

| on | cores | processes x writers x entries | seconds | entries/s | checkpoints | write to seal, p50, p99, most (s) | deadlocks | looks, writers seen at a lock | whole |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
`;

/** Looks again and again which writers wait for a lock of another, or hold one that others could wait for. */
async function watchLocks(sql: Query, until: () => boolean) {
  const seen = { looks: 0, atLocks: 0 };
  while (!until()) {
    // Room for a table's next pages is given under a lock that no transaction keeps.
    const [row] = await sql`
      select count(*)::int as many from pg_stat_activity a
      where application_name = 'muniment' and datname = current_database() and (
        wait_event_type = 'Lock' and wait_event <> 'extend'
        or exists (select from pg_locks l where l.pid = a.pid and l.locktype = 'advisory'))`;
    seen.looks += 1;
    seen.atLocks += row?.many ?? 0;
    await sleep(100);
  }
  return seen;
}

async function runNode(input: unknown, told: (done: number) => void): Promise<number> {
  const args = ["--import", "tsx", node, JSON.stringify(input)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  child.stdout.on("data", (text) => told(Number(String(text).trim().split("\n").at(-1))));
  const [code] = await once(child, "exit");
  return code as number;
}

const bench = await startDatabase();
try {
  const started = performance.now();
  let running = true;
  const locks = watchLocks(bench.owner, () => !running);
  const codes = await Promise.all(
    Array.from({ length: nodes }, (_, at) =>
      runNode([bench.connections, writers, each], (done) => console.log(`process ${at}: ${done}`)),
    ),
  );
  running = false;
  const seconds = (performance.now() - started) / 1000;
  const seen = await locks;
  const database = open(bench.connections);
  await sealerOn(database).seal();
  await database.close();
  const keysOf = (origin: string) => createNoteSigner(seeds, origin).keys;
  const report = await verifyLog(bench.owner, {
    keysOf,
    outside: [],
    keys: createDataKeys(bench.owner, createEncryption(seeds), seeds),
  });
  const [facts] = await bench.owner`
    select (select deadlocks::int from pg_stat_database where datname = current_database()) as deadlocks,
      (select count(*)::int from audit_entries) as entries,
      (select count(*)::int from audit_checkpoints) as checkpoints`;
  const [lag] = await bench.owner`
    select round(percentile_disc(0.5) within group (order by s)::numeric, 2)::float as p50,
      round(percentile_disc(0.99) within group (order by s)::numeric, 2)::float as p99,
      round(max(s)::numeric, 2)::float as max
    from (select extract(epoch from (select at from audit_checkpoints c where c.size > l.index order by size limit 1) - e.at) as s
      from audit_leaves l join audit_entries e on e.id = l.entry_id) as lags`;
  console.log(JSON.stringify({ seconds, codes, ...facts, ...seen, lag, report }, null, 2));
  const all = nodes * writers * each;
  const isWhole =
    report.wrong === null &&
    report.verified === all &&
    facts?.entries === all &&
    report.unsealed === 0 &&
    facts.deadlocks === 0 &&
    seen.atLocks === 0 &&
    codes.every((code) => code === 0);
  if (!isWhole) process.exitCode = 1;
  const cells = [
    new Date().toISOString().slice(0, 10),
    cpus().length,
    `${nodes} x ${writers} x ${each}`,
    Math.round(seconds),
    Math.round(all / seconds),
    facts?.checkpoints,
    `${lag?.p50}, ${lag?.p99}, ${lag?.max}`,
    facts?.deadlocks,
    `${seen.looks}, ${seen.atLocks}`,
    isWhole ? "yes" : `no: ${report.wrong?.reason ?? "see the output"}`,
  ];
  const before = await readFile(results, "utf8").catch(() => heading);
  await writeFile(results, `${before}| ${cells.join(" | ")} |\n`);
} finally {
  await bench.stop();
}
