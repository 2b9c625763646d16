/**
 * What a sign-in costs whom: CPU milliseconds of each kind of thread of the API and of PostgreSQL, and
 * bytes of write-ahead log. CPU time holds on a busy machine. `tsx bench/sign-in-cost.ts [seconds]`
 */
import { readdirSync, readFileSync } from "node:fs";
import { connect, parseConnectionUrl } from "@muniment/db/connection.ts";
import { ensureBuild } from "../scripts/build.mjs";
import { load } from "./load.ts";
import { startBench } from "./servers.ts";
import { addUsers, bareRate, signInRequests } from "./sign-in.ts";
import { signUpFirst } from "./signed-in-query.ts";

const seconds = Number(process.argv[2] ?? 10);

function statOf(path: string) {
  const text = readFileSync(path, "utf8");
  const end = text.lastIndexOf(")");
  const name = text.slice(text.indexOf("(") + 1, end);
  const fields = text.slice(end + 2).split(" ");
  return { name, parent: fields[1] ?? "", ms: (Number(fields[11]) + Number(fields[12])) * 10 };
}

function sample(api: number, postmaster: string): Map<string, number> {
  const sums = new Map<string, number>();
  const add = (kind: string, ms: number) => sums.set(kind, (sums.get(kind) ?? 0) + ms);
  for (const tid of readdirSync(`/proc/${api}/task`)) {
    const { name, ms } = statOf(`/proc/${api}/task/${tid}/stat`);
    add(Number(tid) === api ? "main" : name, ms);
  }
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const { parent, ms } = statOf(`/proc/${pid}/stat`);
      if (parent !== postmaster) continue;
      const title = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      add(`pg ${/^postgres: (?:\S+: )?([a-z_]+)/.exec(title)?.[1] ?? "?"}`, ms);
    } catch {
      // It has ended meanwhile.
    }
  }
  add("generator", process.cpuUsage().user / 1000 + process.cpuUsage().system / 1000);
  return sums;
}

const bench = await startBench(await ensureBuild());
try {
  await signUpFirst(bench);
  const { hash, emails } = await addUsers(bench, 200);
  const sql = connect(parseConnectionUrl(bench.databaseUrl), { max: 1, applicationName: "cost" });
  const pid = String((await sql`select pg_backend_pid() as pid`)[0]?.pid);
  const postmaster = statOf(`/proc/${pid}/stat`).parent;
  const next = signInRequests(bench, emails);
  const options = { connections: 16, everyTime: true };
  await load(bench.product.port, next, { ...options, seconds: Number(process.env.WARM ?? 15) });
  const wal = async () =>
    Number((await sql`select pg_current_wal_insert_lsn() - '0/0'::pg_lsn as n`)[0]?.n);
  const [from, walFrom] = [sample(bench.product.pid, postmaster), await wal()];
  const done = await load(bench.product.port, next, { ...options, seconds });
  const [to, walTo] = [sample(bench.product.pid, postmaster), await wal()];
  const cost = [...to]
    .map(([kind, ms]) => [kind, (ms - (from.get(kind) ?? 0)) / done.requests] as const)
    .filter(([, each]) => each >= 0.02)
    .sort(([, a], [, b]) => b - a);
  const before = process.cpuUsage();
  const rate = await bareRate(hash, 4);
  const used = process.cpuUsage(before);
  console.log(
    `${done.perSecond.toFixed(1)} sign-ins/s, ${Math.round((walTo - walFrom) / done.requests)} bytes of log each; ms each: ` +
      cost.map(([kind, each]) => `${kind} ${each.toFixed(2)}`).join(", ") +
      `; bare ${rate.toFixed(1)}/s, ${((used.user + used.system) / 1000 / rate / 4).toFixed(2)} ms each`,
  );
  await sql.end();
} finally {
  await bench.stop();
}
process.exit(0);
