import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
// biome-ignore lint/correctness/useImportExtensions: scripts run before anything is installed.
import { ensureBuild } from "../../../scripts/build.mjs";
import { type ApiProcess, account, createApiProcess } from "./api-process.ts";
import { problemsOf, type SteadySenders, sendSteadily } from "./steady-senders.ts";

const readySeconds = 5;
const kills = 3;
const mostAttempts = 3;

let api: ApiProcess;
let senders: SteadySenders;
beforeAll(async () => {
  api = await createApiProcess();
  await api.start();
  const { key } = await api.setUp();
  senders = sendSteadily(api.url, key);
});
afterAll(async () => {
  await senders?.stop().catch(() => {});
  await api?.stop();
});

/** Seconds from the kill, in the midst of receipts, until it is ready again. */
async function killAndStart(isPostgresToo: boolean): Promise<number> {
  const { length } = senders.receipted;
  await expect.poll(() => senders.receipted.length, { interval: 10 }).toBeGreaterThan(length + 100);
  const killed = performance.now();
  if (isPostgresToo) process.kill(await api.postmaster(), "SIGKILL");
  await api.kill();
  await api.start();
  return (performance.now() - killed) / 1000;
}

/** Seconds that a first start takes just now, which makes a database. */
async function firstStart(): Promise<number> {
  const other = await createApiProcess();
  try {
    return (await other.start()) / 1000;
  } finally {
    await other.stop();
  }
}

test("every receipted event exists exactly once although the server is killed while events come in", async () => {
  let limit = readySeconds;
  for (let kill = 0; kill < kills; kill += 1) {
    // What others delay is done again: each kind of restart must be quick every time it is asked of.
    let seconds = Number.POSITIVE_INFINITY;
    for (let attempt = 0; attempt < mostAttempts && seconds > limit; attempt += 1) {
      seconds = await killAndStart(kill % 2 === 1);
      // On a busy machine nothing is ready in seconds: then it must not take longer than a first start.
      if (seconds > limit) limit = Math.max(limit, await firstStart());
    }
    expect(seconds).toBeLessThanOrEqual(limit);
  }
  await senders.stop();
  const { receipted, refusals } = senders;
  const sql = await api.connect();
  expect(await problemsOf(sql, receipted)).toEqual([]);
  await sql.end();
  const others = [...refusals.keys()].filter((what) => !/^(no answer$|503 )/.test(what));
  expect(others).toEqual([]);
}, 300_000);

test("an export goes on where it was although the server is killed in the middle of it", async () => {
  const rows = 15_000;
  const sql = await api.connect();
  // At the beginning of a month, the first of them are of the one before.
  await sql`select ensure_event_partition(now() - interval '15 seconds')`;
  await sql`
    insert into events (user_id, id, agent_id, api_key_id, batch_id, type, level, message, occurred_at, received_at)
    select user_id, gen_random_uuid(), agent_id, id, gen_random_uuid(), 'long.one', 1, repeat('x', 4000),
      now() - n * interval '1 millisecond', now()
    from api_keys, generate_series(1, ${rows}) n`;
  await sql.end();
  const directory = await mkdtemp(join(tmpdir(), "muniment-killed-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const output = join(directory, "long.ndjson");
  const args = ["export", "--email", account.email, "--output", output, "type:long.one"];
  const child = spawn(process.execPath, [join(await ensureBuild(), "cli.js"), ...args], {
    env: { MUNIMENT_URL: api.url, MUNIMENT_PASSWORD: account.password },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  const arrived = () =>
    stat(`${output}.part`).then(
      ({ size }) => size > 0,
      () => false,
    );
  await expect.poll(arrived, { interval: 5 }).toBe(true);
  // So that nothing more is taken, and the server cannot come to the end.
  child.kill("SIGSTOP");
  await api.kill();
  await api.start();
  child.kill("SIGCONT");
  const [stdout, stderr, [code]] = await ended;
  expect([stderr, code]).toEqual(["", 0]);
  expect(stdout).toContain(`${rows} events, whole`);
});
