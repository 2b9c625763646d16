import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { freePort } from "../../../test/free-port.ts";
import { commands } from "../../cli/src/commands.ts";
import { dispatch } from "../../cli/src/dispatch.ts";
import { makeEvent, makeSender, send } from "./events-sender.ts";
import { startTestServer, type TestServer } from "./harness.ts";

let keeper: TestServer;
let node: TestServer;
let port: number;
let folder: string;
beforeAll(async () => {
  keeper = await startTestServer();
  await keeper.admin();
  port = await freePort();
  node = await startNode();
  folder = await mkdtemp(join(tmpdir(), "muniment-tail-"));
});
afterAll(async () => {
  await node.stop();
  await keeper.stop();
  await rm(folder, { recursive: true });
});

/** The server that is stopped and started again, beside the one that keeps the database. */
const startNode = () => startTestServer({ besides: keeper, env: { PORT: String(port) } });

function startTail(key: string, argv: string[], isTTY = false) {
  const interruption = new AbortController();
  let stdout = "";
  let stderr = "";
  const outcome = dispatch(["tail", ...argv], commands, {
    stdin: new PassThrough(),
    stdout: { isTTY, write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    env: { MUNIMENT_URL: `http://127.0.0.1:${port}`, MUNIMENT_API_KEY: key },
    signal: interruption.signal,
  });
  return {
    lines: () => stdout.split("\n").slice(0, -1),
    stderr: () => stderr,
    outcome,
    end: () => {
      interruption.abort();
      return outcome;
    },
  };
}

type Tail = ReturnType<typeof startTail>;
const until = (tail: Tail, count: number) => expect.poll(() => tail.lines().length).toBe(count);
const types = (tail: Tail) => tail.lines().map((line) => JSON.parse(line).type);

/** Sends an event again and again, as another one each time, until the tail has printed the first. */
async function untilOpen(tail: Tail, key: string): Promise<void> {
  await expect
    .poll(
      async () => {
        await send(keeper, key, [makeEvent({ type: "open" })]);
        return tail.lines().length;
      },
      { interval: 300 },
    )
    .toBeGreaterThan(0);
}

test("prints what passes the query, across a stop of the server, each event once and in order", async () => {
  const { key } = await makeSender(keeper);
  const tail = startTail(key, ["--json", "type:open OR type:wanted.*"]);
  await untilOpen(tail, key);
  await node.stop();
  for (let n = 0; n < 5; n += 1) {
    await send(keeper, key, [makeEvent({ type: `wanted.${n}` }), makeEvent({ type: "other" })]);
  }
  node = await startNode();
  await expect.poll(() => types(tail).includes("wanted.4")).toBe(true);
  await send(keeper, key, [makeEvent({ type: "wanted.5" })]);
  await expect.poll(() => types(tail).includes("wanted.5")).toBe(true);
  expect(await tail.end()).toBe(0);
  expect(types(tail).filter((type) => type !== "open")).toEqual(
    [0, 1, 2, 3, 4, 5].map((n) => `wanted.${n}`),
  );
  expect(new Set(tail.lines()).size).toBe(tail.lines().length);
  expect(tail.stderr()).toMatch(/No answer|broke/);
});

test("goes on where its state file says", async () => {
  const { key } = await makeSender(keeper);
  const state = join(folder, "position");
  const first = startTail(key, ["--json", "--state", state]);
  await untilOpen(first, key);
  expect(await first.end()).toBe(0);
  const seen = first.lines().length;
  await send(keeper, key, [makeEvent({ type: "meanwhile" })]);
  const second = startTail(key, ["--json", "--state", state, "--limit", "1", "type:meanwhile"]);
  expect(await second.outcome).toBe(0);
  expect(types(second)).toEqual(["meanwhile"]);
  expect(seen).toBeGreaterThan(0);
});

test("a state file that cannot be written is told before anything is read, or as soon as it happens", async () => {
  const { key } = await makeSender(keeper);
  const state = join(folder, "kept", "position");
  const before = startTail(key, ["--json", "--state", state]);
  expect(await before.outcome).toBe(2);
  expect(before.stderr()).toContain(`--state ${state} cannot be written: ENOENT`);
  await mkdir(join(folder, "kept"));
  const tail = startTail(key, ["--json", "--state", state]);
  await untilOpen(tail, key);
  await expect.poll(() => readFile(state, "utf8").catch(() => "")).not.toBe("");
  await rename(join(folder, "kept"), join(folder, "away"));
  await expect
    .poll(
      async () => {
        await send(keeper, key, [makeEvent({ type: "open" })]);
        return tail.stderr();
      },
      { interval: 300 },
    )
    .toContain("cannot be written");
  expect(await tail.end()).toBe(1);
  expect(tail.stderr().match(/would be printed again/g)).toHaveLength(1);
});

test("says how many events were deleted before they were read", async () => {
  const { key, userId } = await makeSender(keeper);
  const state = join(folder, "deleted");
  const first = startTail(key, ["--json", "--state", state]);
  await untilOpen(first, key);
  expect(await first.end()).toBe(0);
  const goOn = async () => {
    await send(keeper, key, [makeEvent({ type: "kept" })]);
    const tail = startTail(key, ["--json", "--state", state, "--limit", "1", "type:kept"]);
    expect(await tail.outcome).toBe(0);
    return tail.stderr();
  };
  await send(keeper, key, [makeEvent({ type: "gone" }), makeEvent({ type: "gone" })]);
  await keeper.owner`delete from events where user_id = ${userId} and type = 'gone'`;
  expect(await goOn()).toBe("2 deleted before they were read.\n");
  await send(keeper, key, [makeEvent({ type: "gone" })]);
  await keeper.owner`delete from receipts where user_id = ${userId}`;
  expect(await goOn()).toBe("Some events may have been deleted before they were read.\n");
});

test("is coloured on a terminal only, and harmless there", async () => {
  const { key } = await makeSender(keeper);
  const plain = startTail(key, []);
  const coloured = startTail(key, [], true);
  await untilOpen(plain, key);
  await untilOpen(coloured, key);
  const event = makeEvent({ type: "last", level: "error", message: "\u001b[31mnot red" });
  await send(keeper, key, [event]);
  const last = (tail: Tail) => tail.lines().find((line) => line.includes("last"));
  await expect.poll(() => last(plain)).toBeDefined();
  await expect.poll(() => last(coloured)).toBeDefined();
  expect(last(plain)).toBe(`${event.occurredAt}  error     last  \ufffd[31mnot red`);
  expect(last(coloured)).toContain("\u001b[31merror");
  expect(last(coloured)).not.toContain("\u001b[31mnot");
  expect([await plain.end(), await coloured.end()]).toEqual([0, 0]);
});

test.each([
  ["a wrong key", "mnt_wrong", [], 3, "This API key is not valid"],
  ["a query that cannot be read", "", ["level>="], 2, "^"],
  ["a position of elsewhere", "", ["--after", "nowhere"], 2, "(invalid_cursor)"],
  ["a limit of none", "", ["--limit", "0"], 2, "--limit"],
])("%s ends it at once", async (_, wrongKey, argv, exitCode, message) => {
  const { key } = await makeSender(keeper);
  const tail = startTail(wrongKey || key, argv);
  expect([await tail.outcome, tail.stderr()]).toEqual([exitCode, expect.stringContaining(message)]);
});

test("a key that may only write is told so", async () => {
  const { key } = await makeSender(keeper, { scopes: ["events:write"] });
  const tail = startTail(key, []);
  expect(await tail.outcome).toBe(3);
  expect(tail.stderr()).toContain("events:read");
});

test("a key that is revoked ends a tail that is open", async () => {
  const { key, id, member } = await makeSender(keeper);
  const tail = startTail(key, []);
  await untilOpen(tail, key);
  await until(tail, tail.lines().length);
  expect((await member.mutate("apiKeys.revoke", { id })).status).toBe(200);
  expect(await tail.outcome).toBe(3);
});

test("that its key is revoked is told also where the state file cannot be written", async () => {
  const { key, id, member } = await makeSender(keeper);
  const state = join(folder, "revoked");
  await mkdir(state);
  const tail = startTail(key, ["--json", "--state", join(state, "position")]);
  await untilOpen(tail, key);
  await rename(state, `${state}-away`);
  await send(keeper, key, [makeEvent({ type: "last" })]);
  await expect.poll(() => types(tail).includes("last")).toBe(true);
  expect((await member.mutate("apiKeys.revoke", { id })).status).toBe(200);
  expect([await tail.outcome, tail.stderr()]).toEqual([
    3,
    expect.stringContaining("muniment tail: "),
  ]);
});

test("ends when nobody reads on, as with head", async () => {
  const { key } = await makeSender(keeper);
  const main = fileURLToPath(new URL("../../cli/src/main.ts", import.meta.url));
  const env = {
    PATH: process.env.PATH,
    MUNIMENT_URL: `http://127.0.0.1:${port}`,
    MUNIMENT_API_KEY: key,
  };
  const args = ["--import", import.meta.resolve("tsx"), main, "tail"];
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "ignore"] });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  child.stdout.once("data", () => child.stdout.destroy());
  const sendMore = async () => {
    await send(keeper, key, [makeEvent()]);
    return child.exitCode;
  };
  await expect.poll(sendMore, { interval: 300 }).toBe(0);
});
