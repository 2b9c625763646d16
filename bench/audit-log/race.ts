/**
 * Nodes that write and seal at once: `npx tsx bench/audit-log/race.ts [nodes writers each]`, by
 * default 4 processes of 16 writers of 2,000 entries. Fails unless the log is whole.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { createDataKeys } from "../../apps/api/src/audit/data-keys.ts";
import { createNoteSigner } from "../../apps/api/src/audit/note-signer.ts";
import { verifyLog } from "../../apps/api/src/audit/verify-log.ts";
import { createEncryption } from "../../apps/api/src/encryption.ts";
import { open, sealerOn, seeds, startDatabase } from "./database.ts";

const [nodes = 4, writers = 16, each = 2000] = process.argv.slice(2).map(Number);
const node = fileURLToPath(new URL("node.ts", import.meta.url));
const bench = await startDatabase();
try {
  const started = performance.now();
  const codes = await Promise.all(
    Array.from({ length: nodes }, async () => {
      const input = JSON.stringify([bench.connections, writers, each]);
      const child = spawn(process.execPath, ["--import", "tsx", node, input], { stdio: "inherit" });
      const [code] = await once(child, "exit");
      return code as number;
    }),
  );
  const seconds = (performance.now() - started) / 1000;
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
    select round(percentile_disc(0.5) within group (order by s)::numeric, 3)::float as p50,
      round(percentile_disc(0.99) within group (order by s)::numeric, 3)::float as p99,
      round(max(s)::numeric, 3)::float as max
    from (select extract(epoch from (select at from audit_checkpoints c where c.size > l.index order by size limit 1) - e.at) as s
      from audit_leaves l join audit_entries e on e.id = l.entry_id) as lags`;
  console.log(
    JSON.stringify(
      { nodes, writers, each, seconds, codes, ...facts, writeToSealSeconds: lag, report },
      null,
      2,
    ),
  );
  const whole = report.wrong === null && report.verified === nodes * writers * each;
  if (!whole || report.unsealed > 0 || facts?.deadlocks !== 0 || codes.some((code) => code !== 0))
    process.exitCode = 1;
} finally {
  await bench.stop();
}
