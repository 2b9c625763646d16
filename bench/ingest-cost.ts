/**
 * What an event costs whom: CPU microseconds of the API and of the processes of PostgreSQL, and bytes of
 * write-ahead log, per event stored; the plain server beside it, and how many calls share a flush. CPU time holds on a busy machine.
 * `tsx bench/ingest-cost.ts [size] [connections] [seconds]`
 */
import { readdirSync, readFileSync } from "node:fs";
import { connect, parseConnectionUrl } from "@muniment/db/connection.ts";
import { ensureBuild } from "../scripts/build.mjs";
import { batchOf, makeKey } from "./ingest.ts";
import { httpRequest, load } from "./load.ts";
import { cpuMicroseconds, residentMegabytes } from "./rows.ts";
import { startBench } from "./servers.ts";
import { signUpFirst } from "./signed-in-query.ts";

const [size = 100, connections = 32, seconds = 5] = process.argv.slice(2).map(Number);

const parentOf = (pid: string) =>
  readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ")[1] ?? "";

/** CPU microseconds of each kind of process so far: two of Node.js, and the children of a postmaster by role. */
function sample(api: number, plain: number, postmaster: string): Map<string, number> {
  const sums = new Map<string, number>();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const title = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
      const kind =
        (Number(pid) === api && "api") ||
        (Number(pid) === plain && "plain server") ||
        (parentOf(pid) === postmaster && /^postgres: (?:\S+: )?([a-z_]+)/.exec(title)?.[1]);
      if (kind) sums.set(kind, (sums.get(kind) ?? 0) + cpuMicroseconds(Number(pid)));
    } catch {
      // It has ended meanwhile.
    }
  }
  return sums;
}

const bench = await startBench(await ensureBuild());
try {
  const user = await signUpFirst(bench);
  const key = await makeKey(bench, user.cookie);
  const plain = await bench.plain("plain-ingest.ts");
  const sql = connect(parseConnectionUrl(bench.databaseUrl), { max: 1, applicationName: "cost" });
  const backend = String((await sql`select pg_backend_pid() as pid`)[0]?.pid);
  const now = () => sample(bench.product.pid, plain.pid, parentOf(backend));
  const headers = { authorization: `Bearer ${key}` };
  const sides = {
    muniment: {
      port: bench.product.port,
      next: () => httpRequest("POST", "/api/v1/events", headers, batchOf(size)),
    },
    plain: { port: plain.port, next: () => httpRequest("POST", "/", {}, batchOf(size)) },
  };
  for (const [name, { port, next }] of Object.entries(sides)) {
    await load(port, next, { connections, seconds: 2, everyTime: true });
    const wal = async () =>
      Number((await sql`select pg_current_wal_insert_lsn() - '0/0'::pg_lsn as n`)[0]?.n);
    const [from, walFrom] = [now(), await wal()];
    const done = await load(port, next, { connections, seconds, everyTime: true });
    const [to, walTo] = [now(), await wal()];
    const events = done.requests * size;
    const cost = [...to]
      .map(([kind, used]) => ({ kind, each: (used - (from.get(kind) ?? 0)) / events }))
      .filter(({ each }) => each >= 0.05);
    console.log(
      `${name}: ${Math.round(events / done.seconds)} events/s, ${Math.round((walTo - walFrom) / events)} bytes of log each, ` +
        `${cost.reduce((sum, { each }) => sum + each, 0).toFixed(1)} us: ` +
        cost.map(({ kind, each }) => `${kind} ${each.toFixed(1)}`).join(", "),
      name === "muniment" ? `; ${Math.round(residentMegabytes(bench.product.pid))} MB` : "",
    );
  }
  const [flushes] = await sql`
    select (select sum(batches) from agent_totals)::float8 / count(distinct commit_xid) as calls
    from receipts`;
  console.log(`calls in a flush: ${Number(flushes?.calls).toFixed(1)}`);
  await sql.end();
} finally {
  await bench.stop();
}
