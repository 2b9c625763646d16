import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeSender } from "../../../apps/api/test/events-sender.ts";
import { startTestServer, type TestServer } from "../../../apps/api/test/harness.ts";
import { freePort } from "../../../test/free-port.ts";
import { createMuniment, type Rejection } from "../src/client.ts";
import { startCutProxy } from "./cut-proxy.ts";

/** Keeps the database; the servers that are stopped and started again are others besides it. */
let keeper: TestServer;
let port: number;
beforeAll(async () => {
  keeper = await startTestServer();
  await keeper.admin();
  port = await freePort();
});
afterAll(() => keeper.stop());

const startNode = () => startTestServer({ besides: keeper, env: { PORT: String(port) } });

async function storedNumbers(userId: string): Promise<number[]> {
  const rows = await keeper.owner`
    select (props->>'n')::int as n, seq::int from events where user_id = ${userId} order by 1`;
  for (const { n, seq } of rows) if (seq !== null) expect(seq).toBe(n);
  return rows.map(({ n }) => n);
}

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

test("every event is stored once although the way is cut and the server stopped and started", async () => {
  let node = await startNode();
  await using proxy = await startCutProxy(port);
  const { key, userId } = await makeSender(keeper);
  const muniment = createMuniment({ url: proxy.url, key, seq: true, waitMilliseconds: 5 });
  try {
    let sent = 0;
    const sendMore = async (count: number) => {
      for (const end = sent + count; sent < end; sent += 1) {
        muniment.send({ type: "sdk.test", props: { n: sent } });
        if (sent % 25 === 0) await new Promise((resolve) => setImmediate(resolve));
        if (sent % 130 === 0) proxy.cut();
      }
    };
    await sendMore(500);
    await node.stop();
    await sendMore(500);
    node = await startNode();
    await sendMore(500);
    expect(await muniment.close(60_000)).toBe(true);
    expect(await storedNumbers(userId)).toEqual(upTo(1500));
    const { sent: counted, accepted, duplicates, rejected } = muniment.stats();
    expect([counted, accepted + duplicates, rejected]).toEqual([1500, 1500, 0]);
  } finally {
    await node.stop();
  }
});

/** A sender with a queue on disk: resolves when it has said that many lines. */
function startSender(argv: string[]) {
  const fixture = fileURLToPath(new URL("sender.fixture.ts", import.meta.url));
  const args = ["--import", import.meta.resolve("tsx"), fixture, ...argv];
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  if (!child.stdout || !child.stdin) throw new Error("no pipes");
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on("line", (line) => lines.push(line));
  return {
    child,
    lines,
    async until(count: number) {
      while (lines.length < count) await once(reader, "line");
    },
    async kill() {
      // Not before all that it said was read.
      const closed = once(child, "close");
      child.kill("SIGKILL");
      await closed;
      return Number(lines.at(-1));
    },
    async end() {
      const closed = once(child, "close");
      child.stdin?.write("end\n");
      await closed;
      return lines.at(-1) ?? "";
    },
  };
}

test("every event that a queue on disk took is stored once although its process is killed", async () => {
  const directory = await mkdtemp(join(tmpdir(), "muniment-sdk-"));
  const { key, userId } = await makeSender(keeper);
  let node = await startNode();
  try {
    const argv = [`http://127.0.0.1:${port}`, key, directory];
    let safe = 0;
    const first = startSender([...argv, "0"]);
    await first.until(15);
    safe = await first.kill();
    // What the killed one had sent but not written down as safe may be there: numbers go on behind it.
    const gap = safe + 10;
    await node.stop();
    const second = startSender([...argv, String(gap)]);
    await second.until(5);
    const alsoSafe = await second.kill();
    node = await startNode();
    const third = startSender([...argv, String(alsoSafe + 10)]);
    await third.until(5);
    const [end, isEmpty] = (await third.end()).split(" ");
    expect([end, isEmpty]).toEqual(["end", "true"]);
    const last = Number(third.lines.at(-2));
    const rows = await keeper.owner`
      select (props->>'n')::int as n from events where user_id = ${userId} order by 1`;
    const stored = rows.map(({ n }) => n);
    expect(new Set(stored).size).toBe(stored.length);
    const within = (from: number, to: number) => upTo(to).slice(from);
    const expected = [...within(0, safe), ...within(gap, alsoSafe), ...within(alsoSafe + 10, last)];
    const missing = expected.filter((n) => !stored.includes(n));
    expect(missing).toEqual([]);
    const known = new Set(expected);
    // Beyond these there can be only what a killed one had taken after its last line.
    expect(stored.filter((n) => !known.has(n)).length).toBeLessThanOrEqual(20);
    const [seqs] = await keeper.owner`
      select count(distinct seq)::int as numbers, count(*)::int as events
      from events where user_id = ${userId}`;
    expect(seqs?.numbers).toBe(seqs?.events);
  } finally {
    await node.stop();
    await rm(directory, { recursive: true, force: true });
  }
});

test("what the server refuses is told one by one", async () => {
  const { key } = await makeSender(keeper, { eventTypes: ["sdk.*"] });
  const rejections: Rejection[] = [];
  const muniment = createMuniment({
    url: keeper.url,
    key,
    onRejected: (rejection) => rejections.push(rejection),
  });
  muniment.send({ type: "sdk.good" });
  muniment.send({ type: "other" });
  muniment.send({ type: "sdk.long", message: "x".repeat(5000) });
  expect(await muniment.close()).toBe(true);
  expect(rejections.map(({ event, reason }) => [event.type, reason])).toEqual([
    ["other", "event_type_not_allowed"],
    ["sdk.long", "too_large"],
  ]);
});
