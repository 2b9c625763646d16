/**
 * What a call costs whom: CPU microseconds of the API's main thread and its others, and of each pool of
 * PostgreSQL, and how often those were woken, per call; a yardstick beside each. CPU time holds on a
 * busy machine. `tsx bench/call-cost.ts [seconds] [sign-in] [me] [sessions]`
 */
import { readdirSync, readFileSync } from "node:fs";
import { connect, parseConnectionUrl } from "@muniment/db/connection.ts";
import { ensureBuild } from "../scripts/build.mjs";
import { httpRequest, load } from "./load.ts";
import { startBench } from "./servers.ts";
import { addUsers, bareRate, signInRequests } from "./sign-in.ts";
import { signUpFirst } from "./signed-in-query.ts";

const [seconds = "5", ...asked] = process.argv.slice(2);

const threadsOf = (pid: number) => {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    return [];
  }
};

/** Microseconds that a thread has run, and how often it waited for something. */
function costOf(pid: number, thread: number) {
  const path = `/proc/${pid}/task/${thread}`;
  const microseconds = Number(readFileSync(`${path}/schedstat`, "utf8").split(" ")[0]) / 1000;
  const waits = /^voluntary_ctxt_switches:\s+(\d+)/m.exec(readFileSync(`${path}/status`, "utf8"));
  return { microseconds, waits: Number(waits?.[1]) };
}

type Cost = Map<string, { microseconds: number; waits: number }>;

const bench = await startBench(await ensureBuild());
try {
  const user = await signUpFirst(bench);
  const sql = connect(parseConnectionUrl(bench.databaseUrl), { max: 1, applicationName: "cost" });
  const people = await addUsers(bench, 200);

  async function sample(nodes: Record<string, number>): Promise<Cost> {
    const costs: Cost = new Map();
    const add = (kind: string, pid: number, thread: number) => {
      const cost = costOf(pid, thread);
      const known = costs.get(kind) ?? { microseconds: 0, waits: 0 };
      costs.set(kind, {
        microseconds: known.microseconds + cost.microseconds,
        waits: known.waits + cost.waits,
      });
    };
    for (const [name, pid] of Object.entries(nodes)) {
      for (const thread of threadsOf(pid))
        add(`${name} ${thread === pid ? "main" : "others"}`, pid, thread);
    }
    const backends = await sql`
      select pid, case backend_type when 'client backend' then application_name else backend_type end as kind
      from pg_stat_activity where pid <> pg_backend_pid()`;
    for (const { pid, kind } of backends) add(`pg ${kind}`, pid, pid);
    return costs;
  }

  async function measure(
    name: string,
    nodes: Record<string, number>,
    run: () => Promise<{ calls: number; seconds: number }>,
  ) {
    const counters = async () =>
      (
        await sql`select xact_commit + xact_rollback as transactions, tup_inserted + tup_updated + tup_deleted as rows,
          (select wal_bytes from pg_stat_wal) as bytes from pg_stat_database where datname = current_database()`
      )[0];
    const before = await sample(nodes);
    const countedBefore = await counters();
    const { calls, seconds } = await run();
    const after = await sample(nodes);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const counted = await counters();
    const each = (key: string) => (Number(counted?.[key]) - Number(countedBefore?.[key])) / calls;
    const lines = [...after]
      .map(([kind, cost]) => {
        const from = before.get(kind) ?? { microseconds: 0, waits: 0 };
        return {
          kind,
          microseconds: (cost.microseconds - from.microseconds) / calls,
          waits: (cost.waits - from.waits) / calls,
        };
      })
      .filter(({ microseconds }) => microseconds >= 1)
      .sort((one, other) => other.microseconds - one.microseconds);
    const sum = lines.reduce((total, { microseconds }) => total + microseconds, 0);
    console.log(
      `\n${name}: ${Math.round(calls / seconds)}/s, ${Math.round(sum)} us each; ` +
        `${each("transactions").toFixed(2)} transactions, ${each("rows").toFixed(1)} rows, ${Math.round(each("bytes"))} bytes of log`,
    );
    for (const { kind, microseconds, waits } of lines)
      console.log(`  ${kind}: ${Math.round(microseconds)} us, ${waits.toFixed(2)} waits`);
  }

  const { port, pid } = bench.product;
  const over =
    (next: () => Buffer, to: number, connections: number, everyTime = false) =>
    async () => {
      const done = await load(to, next, { connections, seconds: Number(seconds), everyTime });
      return { calls: done.requests, seconds: done.seconds };
    };
  async function compare(procedure: string, yardstick: string, headers: Record<string, string>) {
    const plain = await bench.plain(yardstick);
    const ours = httpRequest("GET", `/trpc/${procedure}`, { cookie: user.cookie });
    const theirs = httpRequest("GET", "/", headers);
    await load(port, () => ours, { seconds: 3 });
    await load(plain.port, () => theirs, { seconds: 2 });
    await measure(
      procedure,
      { api: pid },
      over(() => ours, port, 32),
    );
    await measure(
      "plain",
      { plain: plain.pid },
      over(() => theirs, plain.port, 32),
    );
    plain.stop();
  }
  const parts: Record<string, () => Promise<void>> = {
    async "sign-in"() {
      const next = await signInRequests(bench, people.emails);
      await load(port, next, { connections: 16, seconds: 3, everyTime: true });
      await measure("sign-in", { api: pid, caller: process.pid }, over(next, port, 16, true));
      await measure("argon2id", { this: process.pid }, async () => {
        const rate = await bareRate(people.hash, Number(seconds));
        return { calls: rate * Number(seconds), seconds: Number(seconds) };
      });
    },
    me: () => compare("auth.me", "plain-http.ts", {}),
    sessions: () => compare("sessions.list", "plain-query.ts", { "x-user": user.userId }),
  };
  for (const name of asked.length > 0 ? asked : Object.keys(parts)) await parts[name]?.();
  await sql.end();
} finally {
  await bench.stop();
}
