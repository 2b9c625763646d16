import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFile,
  copyFile,
  mkdir,
  mkdtemp,
  readFile,
  rename,
  rm,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { call } from "./call.ts";
import { type IngestServer, key, startIngestServer } from "./ingest-server.ts";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

let folder: string;
let log: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "muniment-follow-"));
  log = join(folder, "app.log");
});
afterEach(() => rm(folder, { recursive: true }));

const lines = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `{"type":"line.${from + i}"}\n`).join("");
const numbers = (server: IngestServer) =>
  [...server.stored.values()].map(({ type }) => Number(type.slice("line.".length)));
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

/** `muniment send --follow --json` in this process, until it is told to end. */
function startFollowing(server: IngestServer, argv: string[] = []) {
  const interruption = new AbortController();
  const state = join(folder, "state.json");
  const all = ["send", "--follow", "--format", "jsonl", "--json", "--state", state, ...argv, log];
  const env = { MUNIMENT_URL: server.url, MUNIMENT_API_KEY: key };
  const outcome = call(all, { env, signal: interruption.signal });
  async function ended() {
    const { exitCode, stdout, stderr } = await outcome;
    return { exitCode, stderr, report: JSON.parse(stdout) };
  }
  return {
    /** Resolves when the server has that many events. */
    until: (count: number) => expect.poll(() => server.stored.size).toBe(count),
    ended,
    end() {
      interruption.abort();
      return ended();
    },
  };
}

test("lines are sent as they come, each once it has its ending", async () => {
  await using server = await startIngestServer();
  const following = startFollowing(server);
  await writeFile(log, lines(0, 150));
  await following.until(150);
  await appendFile(log, `${lines(150, 151)}{"type":"line.151"`);
  await following.until(151);
  await appendFile(log, "}\n");
  await following.until(152);
  const { exitCode, report } = await following.end();
  expect(exitCode).toBe(0);
  expect(report).toMatchObject({ lines: 152, sent: 152, accepted: 152, addsUp: true });
  expect(numbers(server)).toEqual(upTo(152));
});

test("another run goes on where the last one ended, and sends nothing again", async () => {
  await using server = await startIngestServer();
  await writeFile(log, lines(0, 10));
  const first = startFollowing(server);
  await first.until(10);
  await first.end();
  await appendFile(log, lines(10, 20));
  const second = startFollowing(server);
  await second.until(20);
  expect((await second.end()).report).toMatchObject({ lines: 10, accepted: 10, duplicates: 0 });
  expect(numbers(server)).toEqual(upTo(20));
});

test("a run that is cut off mid-batch is made up for under the same ids", async () => {
  let isDown = false;
  await using server = await startIngestServer(() => (isDown ? "store, then reset" : undefined));
  await writeFile(log, lines(0, 10));
  const first = startFollowing(server);
  await first.until(10);
  isDown = true;
  // Stored, but the answer never comes.
  await appendFile(log, lines(10, 15));
  await first.until(15);
  const { report } = await first.end();
  expect(report).toMatchObject({ accepted: 10, notSent: 5 });
  isDown = false;
  await appendFile(log, lines(15, 20));
  const second = startFollowing(server);
  await second.until(20);
  expect((await second.end()).report).toMatchObject({ lines: 10, accepted: 5, duplicates: 5 });
  expect(numbers(server)).toEqual(upTo(20));
});

test("a follower that is killed mid-batch is made up for under the same ids", async () => {
  let isDown = true;
  await using server = await startIngestServer(() =>
    isDown ? "store, then say nothing" : undefined,
  );
  const start = () => {
    const state = join(folder, "state.json");
    const argv = ["send", "--follow", "--format", "jsonl", "--state", state, log];
    const env = { PATH: process.env.PATH, MUNIMENT_URL: server.url, MUNIMENT_API_KEY: key };
    return spawn(process.execPath, ["--import", "tsx", main, ...argv], { env, stdio: "ignore" });
  };
  await writeFile(log, lines(0, 150));
  for (const stored of [100, 150]) {
    const child = start();
    await expect.poll(() => server.stored.size).toBe(stored);
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
    isDown = false;
  }
  const ids = server.calls.flat();
  // The first hundred came twice, under the ids of the first time.
  expect([ids.length, new Set(ids).size]).toEqual([250, 150]);
  expect(numbers(server)).toEqual(upTo(150));
});

test("equal lines are events of their own", async () => {
  await using server = await startIngestServer();
  await writeFile(log, '{"type":"same"}\n'.repeat(5));
  const first = startFollowing(server);
  await first.until(5);
  await first.end();
  await appendFile(log, '{"type":"same"}\n'.repeat(5));
  const second = startFollowing(server);
  await second.until(10);
  await second.end();
});

test("a renamed log is read to its end, what its writer adds late included, before the new one", async () => {
  await using server = await startIngestServer();
  await writeFile(log, lines(0, 5));
  const following = startFollowing(server);
  await following.until(5);
  await rename(log, `${log}.1`);
  await appendFile(`${log}.1`, `${lines(5, 9)}{"type":"line.9"}`);
  await writeFile(log, lines(10, 15));
  await following.until(15);
  expect((await following.end()).stderr).not.toContain("missing");
  expect(numbers(server)).toEqual(upTo(15));
});

test("rotations while nobody follows are made up for, in order", async () => {
  await using server = await startIngestServer();
  await writeFile(log, lines(0, 5));
  const first = startFollowing(server);
  await first.until(5);
  await first.end();
  await appendFile(log, lines(5, 10));
  await rename(log, `${log}.2`);
  await writeFile(`${log}.1`, lines(10, 15));
  // As a file system with coarse times would have it, and one that keeps more of the older file's.
  const time = Math.ceil(Date.now() / 1000);
  await utimes(`${log}.2`, time, time + 0.5004);
  await utimes(`${log}.1`, time, time + 0.5);
  await writeFile(`${log}.3.gz`, "no log");
  await writeFile(log, lines(15, 20));
  const second = startFollowing(server);
  await second.until(20);
  expect((await second.end()).stderr).not.toContain("missing");
  expect(numbers(server)).toEqual(upTo(20));
});

test.each([
  ["while it is followed", true],
  ["while nobody follows", false],
])("a log that is copied and cut short loses nothing of the copy, %s", async (_, isFollowed) => {
  await using server = await startIngestServer();
  await writeFile(log, lines(0, 5));
  let following = startFollowing(server);
  await following.until(5);
  if (!isFollowed) await following.end();
  await appendFile(log, lines(5, 8));
  await copyFile(log, `${log}.1`);
  await truncate(log, 0);
  await appendFile(log, lines(8, 10));
  if (!isFollowed) following = startFollowing(server);
  await following.until(10);
  expect((await following.end()).stderr).not.toContain("missing");
  expect(numbers(server)).toEqual(upTo(10));
});

test("a log that is copied and cut short while its lines are under way loses nothing", async () => {
  await using server = await startIngestServer(async (call) => {
    if (call > 0) return;
    await appendFile(log, lines(5, 8));
    await copyFile(log, `${log}.1`);
    await truncate(log, 0);
    await appendFile(log, lines(8, 10));
  });
  await writeFile(log, lines(0, 5));
  const following = startFollowing(server);
  await following.until(10);
  expect((await following.end()).stderr).not.toContain("missing");
  expect(numbers(server)).toEqual(upTo(10));
});

test("a log that begins anew with the same lines is not taken for what it was", async () => {
  await using server = await startIngestServer();
  await writeFile(log, lines(0, 3));
  const following = startFollowing(server);
  await following.until(3);
  await truncate(log, 0);
  await appendFile(log, lines(0, 2));
  await following.until(5);
  expect((await following.end()).stderr).toContain("was cut short");
});

test("--from end leaves out what was there before", async () => {
  await using server = await startIngestServer();
  await writeFile(log, lines(0, 5));
  const following = startFollowing(server, ["--from", "end"]);
  await expect
    .poll(async () => (await import("node:fs")).existsSync(join(folder, "state.json")))
    .toBe(true);
  await appendFile(log, lines(5, 7));
  await following.until(2);
  await following.end();
  expect(numbers(server)).toEqual([5, 6]);
});

test("a refused key ends it, with exit code 3", async () => {
  await using server = await startIngestServer(() => ({ status: 401 }));
  await writeFile(log, lines(0, 5));
  const state = join(folder, "state.json");
  const argv = ["send", "--follow", "--format", "jsonl", "--json", "--state", state, log];
  const { exitCode } = await call(argv, {
    env: { MUNIMENT_URL: server.url, MUNIMENT_API_KEY: key },
  });
  expect(exitCode).toBe(3);
});

test.each([
  [["--follow", "-"], "--follow is for files"],
  [["--state", "x", "app.log"], "are for --follow"],
  [["--follow", "--from", "middle", "app.log"], "start or end"],
])("%j is called wrongly", async (argv, message) => {
  const all = ["send", "--format", "jsonl", ...argv];
  const { exitCode, stderr } = await call(all, { env: { MUNIMENT_API_KEY: key } });
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining(message)]);
});

test("a state that is none of ours is not overwritten", async () => {
  await writeFile(join(folder, "state.json"), "precious");
  await writeFile(log, "");
  const argv = [
    "send",
    "--follow",
    "--format",
    "jsonl",
    "--state",
    join(folder, "state.json"),
    log,
  ];
  const { exitCode, stderr } = await call(argv, { env: { MUNIMENT_API_KEY: key } });
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining("no state of a followed log")]);
});

test("a state that cannot be written ends it before anything is sent", async () => {
  await using server = await startIngestServer();
  await writeFile(log, lines(0, 5));
  const state = join(folder, "state.json");
  await mkdir(`${state}.new`);
  const argv = ["send", "--follow", "--format", "jsonl", "--state", state, log];
  const { exitCode, stderr } = await call(argv, {
    env: { MUNIMENT_URL: server.url, MUNIMENT_API_KEY: key },
  });
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining(`${state} cannot be written`)]);
  expect(server.stored.size).toBe(0);
});

test("a state that cannot be written any more is told once, and lines are sent on", async () => {
  await using server = await startIngestServer();
  const state = join(folder, "state.json");
  await writeFile(log, lines(0, 5));
  const following = startFollowing(server);
  await following.until(5);
  await expect
    .poll(async () => JSON.parse(await readFile(state, "utf8")).offset)
    .toBeGreaterThan(0);
  await mkdir(`${state}.new`);
  for (const end of [6, 7]) {
    await appendFile(log, lines(end - 1, end));
    await following.until(end);
  }
  const { exitCode, report, stderr } = await following.end();
  expect([exitCode, report.sent, report.problem]).toEqual([
    1,
    7,
    expect.stringContaining("state.json cannot be written"),
  ]);
  expect(stderr.match(/cannot be written/g)).toHaveLength(1);
  // What is sent again has the same ids.
  await rm(`${state}.new`, { recursive: true });
  const next = startFollowing(server);
  await appendFile(log, lines(7, 8));
  await next.until(8);
  const again = await next.end();
  expect([again.exitCode, again.report.duplicates, again.report.accepted]).toEqual([0, 2, 1]);
});

test("a refusal is the problem that is told, and the state is written if it can be by then", async () => {
  const state = join(folder, "state.json");
  await using server = await startIngestServer(async (at) => {
    if (at < 2) return undefined;
    await rm(`${state}.new`, { recursive: true });
    return { status: 401 };
  });
  await writeFile(log, lines(0, 5));
  const following = startFollowing(server);
  await following.until(5);
  await expect
    .poll(async () => JSON.parse(await readFile(state, "utf8")).offset)
    .toBeGreaterThan(0);
  await mkdir(`${state}.new`);
  await appendFile(log, lines(5, 6));
  await following.until(6);
  await appendFile(log, lines(6, 7));
  const { exitCode, stderr } = await following.ended();
  expect([exitCode, stderr.match(/cannot be written/g)]).toEqual([3, ["cannot be written"]]);
  expect(JSON.parse(await readFile(state, "utf8")).offset).toBe(lines(0, 6).length);
});
