/**
 * `pnpm soak:crashes [instants]`: the long form of `apps/api/test/events-durability.test.ts`. Kills
 * (SIGKILL) the API or PostgreSQL at random instants, 25 unless told otherwise, while four senders send
 * batches of 20, each again until it is receipted, and then looks whether every receipted event exists
 * exactly once and the counters are true. Writes CRASHES.md here; ends with 1 when anything is wrong.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "@muniment/db/connection.ts";
import { CLUSTER, recordedHome } from "@muniment/db/embedded/database-home.ts";
import { findRunningPostgres } from "@muniment/db/embedded/running.ts";
import { ensureBuild } from "../../scripts/build.mjs";
import { event } from "../ingest.ts";
import { freePort } from "../servers.ts";

const instants = Number(process.argv[2] ?? 25);
const directory = await mkdtemp(join(tmpdir(), "muniment-crashes-"));
const dataDir = join(directory, "data");
const built = await ensureBuild();
const port = await freePort();
const origin = `http://127.0.0.1:${port}`;
const many = "1000000000";

let output = "";
function start(): ChildProcess {
  const child = spawn(process.execPath, [join(built, "api.js")], {
    env: {
      PATH: process.env.PATH ?? "",
      PORT: String(port),
      DATA_DIR: dataDir,
      LOG_LEVEL: "silent",
      MUNIMENT_MIGRATIONS: join(built, "migrations"),
      INGEST_RATE_LIMIT_MAX: many,
      INGEST_EVENTS_RATE_LIMIT_MAX: many,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  child.stdout?.on("data", (bytes) => {
    output += bytes;
  });
  return child;
}

async function untilReady(): Promise<number> {
  const from = performance.now();
  while (performance.now() - from < 60_000) {
    const answer = await fetch(`${origin}/readyz`).catch(() => null);
    if (answer?.status === 200) return performance.now() - from;
    await sleep(20);
  }
  throw new Error("not ready after a minute");
}

async function untilAway(): Promise<void> {
  const from = performance.now();
  while (performance.now() - from < 1000) {
    const answer = await fetch(`${origin}/readyz`).catch(() => null);
    if (answer?.status !== 200) return;
    await sleep(5);
  }
}

async function call(path: string, input: object, cookie = "") {
  const response = await fetch(`${origin}/trpc/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", origin, ...(cookie ? { cookie } : {}) },
    body: JSON.stringify(input),
  });
  const { result } = (await response.json()) as { result: { data: { id: string; key: string } } };
  return { data: result.data, cookie: response.headers.getSetCookie()[0]?.split(";")[0] ?? "" };
}

async function makeKey(): Promise<string> {
  const token = /#token=(\S+)/.exec(output)?.[1];
  const account = { email: "a@example.org", password: "seven quiet lanterns", displayName: "A" };
  const { cookie } = await call("setup.createAdmin", { token, ...account });
  const agent = await call("agents.create", { name: "agent" }, cookie);
  const input = { agentId: agent.data.id, name: "key", scopes: ["events:write"] };
  return (await call("apiKeys.create", input, cookie)).data.key;
}

type Answer = { accepted?: number; duplicates?: number; error?: { reason: string } };
const receipted: string[] = [];
const refusals = new Map<string, number>();
let over = false;
async function keepSending(key: string) {
  const headers = { "content-type": "application/json", authorization: `Bearer ${key}` };
  while (!over) {
    const events = Array.from({ length: 20 }, event);
    const body = JSON.stringify({ events });
    for (;;) {
      const answer = await fetch(`${origin}/api/v1/events`, { method: "POST", headers, body })
        .then(async (response) => ({
          status: response.status,
          body: (await response.json()) as Answer,
        }))
        .catch(() => ({ status: 0, body: null as Answer | null }));
      const { accepted = 0, duplicates = 0 } = answer.body ?? {};
      if (answer.status === 200) {
        if (accepted + duplicates !== 20) throw new Error(JSON.stringify(answer.body));
        receipted.push(...events.map(({ id }) => id));
        break;
      }
      const what =
        answer.status === 0 ? "no answer" : `${answer.status} ${answer.body?.error?.reason}`;
      refusals.set(what, (refusals.get(what) ?? 0) + 1);
      await sleep(50);
    }
  }
}

/** What is wrong in the database, in words. */
async function problems(): Promise<string[]> {
  const { DATABASE_PASSWORD: password } = JSON.parse(
    await readFile(join(dataDir, "keyring.json"), "utf8"),
  );
  const running = await findRunningPostgres({ dataDir, password });
  if (!running) throw new Error("PostgreSQL does not run");
  const sql = connect({ ...running, database: "muniment" }, { max: 1, applicationName: "crashes" });
  try {
    const wrong: string[] = [];
    const sorted = (ids: string[]) => ids.sort().join();
    const expected = sorted([...receipted]);
    const lists = [
      ["events", await sql`select id from events`],
      ["event_ids", await sql`select id from event_ids`],
      ["receipts", await sql`select unnest(event_ids) as id from receipts`],
    ] as const;
    for (const [name, rows] of lists) {
      if (sorted(rows.map(({ id }) => id)) !== expected) {
        wrong.push(`${name} has ${rows.length} ids, not the ${receipted.length} receipted ones`);
      }
    }
    const [counted] = await sql`
      select sent = accepted + duplicates + rejected as adds_up, accepted::int from agent_totals`;
    if (!counted?.adds_up || counted.accepted !== receipted.length) {
      wrong.push(`the counters say ${JSON.stringify(counted)}`);
    }
    const [charts] = await sql`
      select (select coalesce(sum(count), 0) from event_counts where minutes = 15 and apart = 0)
        + (select coalesce(sum(count), 0) from event_count_changes) as count`;
    if (Number(charts?.count) !== receipted.length) wrong.push(`charts count ${charts?.count}`);
    return wrong;
  } finally {
    await sql.end({ timeout: 2 });
  }
}

let api = start();
const times = { API: [] as number[], PostgreSQL: [] as number[] };
try {
  await untilReady();
  const key = await makeKey();
  const senders = [1, 2, 3, 4].map(() => keepSending(key));
  for (let instant = 0; instant < instants; instant += 1) {
    await sleep(randomInt(200, 1500));
    const what = randomInt(2) === 0 ? "API" : "PostgreSQL";
    if (what === "API") {
      const exited = new Promise((resolve) => api.once("exit", resolve));
      api.kill("SIGKILL");
      await exited;
      api = start();
    } else {
      const home = (await recordedHome(dataDir)) ?? dataDir;
      const text = await readFile(join(home, CLUSTER, "postmaster.pid"), "utf8");
      process.kill(Number(text.split("\n")[0]), "SIGKILL");
      // Until it is noticed, the old state is still told.
      await untilAway();
    }
    times[what].push(await untilReady());
    console.log(`${instant + 1}: ${what}, ready after ${Math.round(times[what].at(-1) ?? 0)} ms`);
  }
  over = true;
  await Promise.all(senders);
  const wrong = await problems();
  const most = (list: number[]) => (list.length > 0 ? `${Math.round(Math.max(...list))} ms` : "-");
  const text = `# Crash runs: results

\`pnpm soak:crashes ${instants}\` on ${cpus().length} cores, Node.js ${process.version}, the embedded PostgreSQL, load average ${loadavg()[1]?.toFixed(1)}, ${new Date().toISOString().slice(0, 10)}.

| killed | times | longest until ready again |
|---|---|---|
| API | ${times.API.length} | ${most(times.API)} |
| PostgreSQL | ${times.PostgreSQL.length} | ${most(times.PostgreSQL)} |

${receipted.length} events were receipted. Refused meanwhile, and sent again: ${[...refusals].map(([what, count]) => `${count} × ${what}`).join(", ") || "nothing"}. ${wrong.length === 0 ? "Every receipted event exists exactly once, in its receipt too; counters and charts say the same." : `**Wrong**: ${wrong.join("; ")}.`}
`;
  await writeFile(new URL("CRASHES.md", import.meta.url), text);
  console.log(text);
  process.exitCode = wrong.length === 0 ? 0 : 1;
} finally {
  over = true;
  const home = (await recordedHome(dataDir).catch(() => undefined)) ?? dataDir;
  const exited = new Promise((resolve) => api.once("exit", resolve));
  api.kill("SIGTERM");
  await Promise.race([exited, sleep(15_000)]);
  for (const left of new Set([home, directory])) await rm(left, { recursive: true, force: true });
}
