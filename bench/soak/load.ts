/**
 * `pnpm soak:load [seconds] [sessions] [users] [events]`: 600 seconds, 500 sessions at once, 10,000 users
 * and 5,000,000 events unless told otherwise, against the built product on the embedded PostgreSQL.
 * Each session signs in as one user after another, sends batches of 100 at the pace that makes up the
 * events, and between them reads as the pages do. Writes LOAD.md here; ends with 1 when an answer was no
 * success, or when what was receipted is not what is stored.
 */
import { writeFile } from "node:fs/promises";
import { cpus, loadavg, totalmem } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { connect, parseConnectionUrl } from "@muniment/db/connection.ts";
import { ensureBuild } from "../../scripts/build.mjs";
import { batchOf } from "../ingest.ts";
import { mostMegabytes } from "../rows.ts";
import { startBench } from "../servers.ts";
import { addUsers } from "../sign-in.ts";
import { password, signUpFirst } from "../signed-in-query.ts";

const given = process.argv.slice(2).map(Number);
const [seconds = 600, sessions = 500, users = 10_000, events = 5_000_000] = given;
const batchSize = 100;
const usersOfSession = Math.max(1, Math.round(users / sessions));
const readEverySeconds = 2;

const day = 86_400_000;
const month = {
  from: new Date(Date.now() - 30 * day).toISOString(),
  to: new Date(Date.now() + day).toISOString(),
};
/** What a person looks at, over and over. */
const reads: [string, object][] = [
  ["auth.me", {}],
  ["events.search", { limit: 50 }],
  ["events.search", { limit: 50, query: "level>=warn type:ssh.*" }],
  ["events.search", { limit: 50, query: 'since:1d "invalid user"' }],
  ["events.timeseries", { ...month, by: "type" }],
  ["events.facets", { fields: ["type", "level", "agentId"] }],
  ["agents.list", {}],
  ["sessions.list", {}],
];

const times = new Map<string, number[]>();
const failures = new Map<string, number>();
let accepted = 0;
/** How long after their time calls began: the load generator's own delay, or sessions that waited for answers. */
const delays: number[] = [];

const bench = await startBench(await ensureBuild());
const { origin } = bench.product;

/** One call, its time noted by its kind; null when it was no success. */
async function timed(kind: string, url: string, init: RequestInit) {
  const from = performance.now();
  let failure = "no answer";
  try {
    const response = await fetch(`${origin}${url}`, init);
    // biome-ignore lint/suspicious/noExplicitAny: answers of any procedure
    const body = (await response.json()) as any;
    const known = times.get(kind) ?? [];
    times.set(kind, known);
    known.push(performance.now() - from);
    if (response.status === 200) return { body, response };
    failure = `${kind}: ${response.status} ${body.error?.data?.reason ?? body.error?.reason}`;
  } catch {}
  failures.set(failure, (failures.get(failure) ?? 0) + 1);
  return null;
}

const mutate = (path: string, input: object, cookie = "") =>
  timed(path, `/trpc/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", origin, ...(cookie ? { cookie } : {}) },
    body: JSON.stringify(input),
  });

async function signIn(email: string) {
  const signedIn = await mutate("auth.signIn", { email, password });
  const cookies = signedIn?.response.headers.getSetCookie() ?? [];
  const cookie = cookies.map((header) => header.split(";")[0]).join("; ");
  const agent = await mutate("agents.create", { name: "load" }, cookie);
  const input = { agentId: agent?.body.result.data.id, name: "load", scopes: ["events:write"] };
  const key = await mutate("apiKeys.create", input, cookie);
  return { cookie, key: key?.body.result.data.key as string | undefined };
}

async function send(key: string) {
  const headers = { "content-type": "application/json", authorization: `Bearer ${key}` };
  const sent = await timed("ingest of 100", "/api/v1/events", {
    method: "POST",
    headers,
    body: batchOf(batchSize),
  });
  accepted += sent?.body.accepted ?? 0;
}

async function read(cookie: string) {
  const [path, input] = reads[Math.floor(Math.random() * reads.length)] ?? ["auth.me", {}];
  const query = path === "auth.me" ? "" : `?input=${encodeURIComponent(JSON.stringify(input))}`;
  const kind = "query" in input ? `${path} ${input.query}` : path;
  await timed(kind, `/trpc/${path}${query}`, { headers: { cookie } });
}

/** One user after another; what is late is done at once, so that a slow machine does all of it, too. */
async function session(number: number, emails: readonly string[], begun: number) {
  const turnMilliseconds = (seconds * 1000) / (usersOfSession + 1);
  // Nobody's five hundred users sign in at the same moment; the first turn brings them one after another.
  const first = begun + (turnMilliseconds * number) / sessions;
  const batches = Math.round(events / (sessions * usersOfSession * batchSize));
  const readings = Math.round(turnMilliseconds / 1000 / readEverySeconds);
  const offset = Math.random();
  for (let turn = 0; turn < usersOfSession; turn += 1) {
    const from = first + turn * turnMilliseconds;
    await sleep(Math.max(0, from - performance.now()));
    const { cookie, key } = await signIn(emails[(turn * sessions + number) % emails.length] ?? "");
    if (!key) continue;
    const spread = (count: number, act: () => Promise<void>) =>
      Array.from({ length: count }, (_, at) => ({
        at: from + (turnMilliseconds * (at + offset)) / count,
        act,
      }));
    const steps = [...spread(batches, () => send(key)), ...spread(readings, () => read(cookie))];
    for (const { at, act } of steps.sort((a, b) => a.at - b.at)) {
      await sleep(Math.max(0, at - performance.now()));
      delays.push(performance.now() - at);
      await act();
    }
  }
}

/** What the database holds in the end. */
async function stored() {
  const sql = connect(parseConnectionUrl(bench.databaseUrl), { max: 1, applicationName: "load" });
  const [row] = await sql`
    select (select count(*) from events)::int as events,
      (select coalesce(sum(accepted), 0) from agent_totals)::int as counted`;
  await sql.end();
  return row ?? {};
}

try {
  await signUpFirst(bench);
  const { emails } = await addUsers(bench, users);
  const begun = performance.now();
  await Promise.all(
    Array.from({ length: sessions }, (_, number) => session(number, emails, begun)),
  );
  const took = (performance.now() - begun) / 1000;
  const known = await stored();
  const calls = [...times.values()].reduce((sum, list) => sum + list.length, 0);
  const failed = [...failures.values()].reduce((sum, count) => sum + count, 0);
  const at = (sorted: number[], share: number) =>
    `${Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)} ms`;
  const late = delays.toSorted((a, b) => a - b);
  const lines = [...times].map(([kind, list]) => {
    const sorted = list.toSorted((a, b) => a - b);
    const cells = [0.5, 0.95, 0.99].map((share) => at(sorted, share));
    return `| ${kind} | ${list.length.toLocaleString("en")} | ${cells.join(" | ")} |`;
  });
  const whole = known.events === accepted && known.counted === accepted;
  const n = (value: number) => Math.round(value).toLocaleString("en");
  const text = `# Load run

\`pnpm soak:load ${[seconds, sessions, users, events].join(" ")}\` on ${cpus().length} cores and ${Math.round(totalmem() / 2 ** 30)} GiB, which load generator, API and the embedded PostgreSQL share, Node.js ${process.version}, load average ${loadavg()[1]?.toFixed(1)}, ${new Date().toISOString().slice(0, 10)}.

${n(users)} users, ${n(sessions)} sessions at once, ${n(took)} seconds: ${n(accepted)} events receipted of ${n(events)} wanted, ${n(accepted / took)} a second, beside ${n(calls / took)} calls a second. Of ${n(calls)} calls ${failed} failed (${((100 * failed) / Math.max(1, calls)).toFixed(3)} %)${failed > 0 ? `: ${[...failures].map(([what, count]) => `${count} × ${what}`).join(", ")}` : ""}. ${whole ? "What was receipted is what is stored and counted." : `**Wrong**: ${known.events} events are stored and ${known.counted} counted.`} The API process held at most ${n(mostMegabytes(bench.product.pid))} MB.

Calls began ${at(late, 0.5)} (p50), ${at(late, 0.95)} (p95) and ${at(late, 1)} (at most) after their time${took > seconds * 1.05 ? `, and the run took ${n(took - seconds)} s longer than asked for: what it wanted to ask of this machine was more than it did` : ""}.

| call | times | p50 | p95 | p99 |
|---|---|---|---|---|
${lines.sort().join("\n")}
`;
  await writeFile(new URL("LOAD.md", import.meta.url), text);
  console.log(text);
  process.exitCode = failed === 0 && whole ? 0 : 1;
} finally {
  await bench.stop();
}
