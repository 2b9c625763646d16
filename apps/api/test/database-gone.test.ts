import { execFileSync } from "node:child_process";
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { freePort } from "../../../test/free-port.ts";
import { boot, type Running } from "../src/boot.ts";
import { parseConfig } from "../src/config.ts";
import { createLog } from "../src/log.ts";
import { type Answer, type Client, createClient } from "./client.ts";
import { listen } from "./events-listener.ts";
import { makeEvent } from "./events-sender.ts";
import { must, password } from "./harness.ts";
import { openNotingProxy } from "./noting-proxy.ts";
import { migrationsFolder } from "./postgres.ts";

let place: string;
let running: Running;
let client: Client;
let key: string;
let agentId: string;
const unhandled: unknown[] = [];
const note = (error: unknown) => unhandled.push(error);

// A database of its own, which it may stop and kill.
beforeAll(async () => {
  process.on("unhandledRejection", note);
  place = await mkdtemp(join(tmpdir(), "muniment-gone-"));
  // The database's own user must pass through where the tests run as root.
  await chmod(place, 0o711);
  const port = await freePort();
  const parsed = parseConfig({
    DATA_DIR: join(place, "data"),
    PORT: String(port),
    LOG_LEVEL: "silent",
  });
  if (!parsed.ok) throw new Error("config");
  const { config, rings } = parsed;
  const log = createLog(config.logLevel);
  running = await boot({ env: {}, config, rings, log, migrationsFolder, webDirectory: null });
  client = createClient(`http://127.0.0.1:${port}`);
  const token = running.setupLink?.split("#token=")[1];
  const email = "admin@example.org";
  must(await client.mutate("setup.createAdmin", { token, email, password, displayName: "A" }));
  agentId = must(await client.mutate("agents.create", { name: "agent" })).id;
  const scopes = ["events:read", "events:write"];
  key = must(await client.mutate("apiKeys.create", { agentId, name: "k", scopes })).key;
});
afterAll(async () => {
  await running.stop();
  process.off("unhandledRejection", note);
  await rm(place, { recursive: true, force: true });
});

const url = () => running.deps.config.publicUrl.origin;
const agents = () => client.query("agents.list");
const create = () => client.mutate("agents.create", { name: "made" });
const bearer = () => createClient(url(), { authorization: `Bearer ${key}` });
const signIn = () =>
  createClient(url()).mutate("auth.signIn", { email: "admin@example.org", password });
const ingest = () => bearer().mutate("events.ingest", { events: [{ type: "a.b" }] });
const ready = async () => (await fetch(`${url()}/readyz`)).status;

/** One record of OpenTelemetry, the same every time. */
const record = { timeUnixNano: `${Date.now()}000000`, body: { stringValue: "sent by OTLP" } };
const sendRecord = () =>
  fetch(`${url()}/v1/logs`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    body: JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] }),
  });

/** The process of the server, or of the last one while there is none. */
let lastPid = 0;
async function postmaster(): Promise<number> {
  const path = join(running.embedded()?.directory ?? "", "postmaster.pid");
  const text = await readFile(path, "utf8").catch(() => "");
  lastPid = Number(text.split("\n", 1)[0]) || lastPid;
  return lastPid;
}

/** The server's process and all it has started. */
async function processes(): Promise<number[]> {
  const pid = await postmaster();
  const table = execFileSync("ps", ["-e", "-o", "pid=,ppid="], { encoding: "utf8" });
  const children = table.split("\n").flatMap((line) => {
    const [child, parent] = line.trim().split(/\s+/).map(Number);
    return parent === pid && child ? [child] : [];
  });
  return [pid, ...children];
}

const signalAll = async (signal: "SIGSTOP" | "SIGCONT") => {
  for (const pid of await processes()) process.kill(pid, signal);
};

async function timed<T>(act: () => Promise<T>): Promise<{ result: T; milliseconds: number }> {
  const from = performance.now();
  const result = await act();
  return { result, milliseconds: performance.now() - from };
}

/** What a busy machine adds to the time of a call: that of the slowest of those that need no database. */
function watchMachine() {
  let over = false;
  let slowest = 0;
  const watching = (async () => {
    while (!over) {
      const { milliseconds } = await timed(() => fetch(`${url()}/healthz`));
      slowest = Math.max(slowest, milliseconds);
      await sleep(20);
    }
  })();
  return async () => {
    over = true;
    await watching;
    return slowest;
  };
}

const soon = { interval: 20 };

const isUnavailable = (answer: Answer) => {
  expect([answer.status, answer.error?.data.reason]).toEqual([503, "database_unavailable"]);
  expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(JSON.stringify(answer.error)).not.toMatch(/ECONN|postgres|socket|\.ts/i);
};

/** All kinds of calls, many at once, so that a connection lost in a pool would show. */
async function everythingWorks() {
  const calls = [
    agents,
    create,
    ingest,
    () => bearer().query("events.search"),
    () => client.query("audit.search"),
  ];
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, at) => calls[at % calls.length]?.()),
  );
  expect(answers.map((answer) => answer?.status)).toEqual(Array(60).fill(200));
  expect((await signIn()).status).toBe(200);
}

beforeEach(async () => {
  await expect.poll(ready).toBe(200);
});

test("a database whose background work takes its time is not taken for one that is gone", async () => {
  const { raw } = running.deps.database;
  const slow = Promise.all([1, 2, 3, 4, 5, 6].map(() => raw`select pg_sleep(1.5)`));
  const statuses = new Set<number>();
  let over = false;
  const caller = async () => {
    while (!over) {
      statuses.add((await agents()).status);
      await sleep(50);
    }
  };
  const calling = caller();
  await slow;
  over = true;
  await calling;
  expect([...statuses]).toEqual([200]);
});

describe("a database that hangs", () => {
  test("is answered with 503 within two seconds, for calls under way and new ones, and comes back by itself", async () => {
    await signalAll("SIGSTOP");
    const slowest = watchMachine();
    try {
      const under = await Promise.all([agents, create, ingest, signIn].map(timed));
      const afterwards = [];
      for (const { result } of under) isUnavailable(result);
      for (const call of [agents, create, ingest, signIn, () => client.query("setup.status")]) {
        const { result, milliseconds } = await timed(call);
        isUnavailable(result);
        afterwards.push(milliseconds);
      }
      const added = await slowest();
      for (const { milliseconds } of under) expect(milliseconds).toBeLessThan(2000 + added);
      for (const milliseconds of afterwards) expect(milliseconds).toBeLessThan(500 + added);
      expect(await ready()).toBe(503);
      expect((await fetch(`${url()}/healthz`)).status).toBe(200);
      const rest = await fetch(`${url()}/api/v1/events`, {
        headers: { authorization: `Bearer ${key}` },
      });
      expect(rest.status).toBe(503);
      expect(rest.headers.get("retry-after")).not.toBeNull();
      expect(await rest.json()).toMatchObject({ error: { reason: "database_unavailable" } });
      // An exporter of OpenTelemetry tries again after 503, by Retry-After (OTLP 1.x, Throttling).
      const otlp = await sendRecord();
      expect(otlp.status).toBe(503);
      expect(Number(otlp.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(await otlp.json()).toMatchObject({ code: 14 });
    } finally {
      await slowest();
      await signalAll("SIGCONT");
    }
    const slowestSince = watchMachine();
    const { milliseconds } = await timed(() =>
      expect.poll(async () => (await agents()).status, { interval: 50 }).toBe(200),
    );
    expect(milliseconds).toBeLessThan(5000 + (await slowestSince()));
    await everythingWorks();
    for (let time = 0; time < 2; time += 1) {
      const again = await sendRecord();
      expect([again.status, await again.json()]).toEqual([200, {}]);
    }
    const { items } = must(await bearer().query("events.search", { text: "OTLP" }));
    expect(items).toHaveLength(1);
  });
});

test("the exporter of OpenTelemetry waits as long as it is told while the database hangs, and then delivers once", async () => {
  const proxy = await openNotingProxy(url());
  const provider = new LoggerProvider({
    processors: [
      new BatchLogRecordProcessor({
        exporter: new OTLPLogExporter({
          url: `${proxy.url}/v1/logs`,
          headers: { authorization: `Bearer ${key}` },
          timeoutMillis: 25_000,
        }),
        exportTimeoutMillis: 25_000,
      }),
    ],
  });
  const text = "sent while the database hung";
  await signalAll("SIGSTOP");
  try {
    await expect.poll(ready, soon).toBe(503);
    provider.getLogger("test").emit({ body: text });
    void provider.forceFlush();
    await expect.poll(() => proxy.answers.length, soon).toBeGreaterThan(0);
  } finally {
    await signalAll("SIGCONT");
  }
  await expect.poll(() => proxy.answers.at(-1)?.status).toBe(200);
  await provider.shutdown();
  proxy.close();
  const { answers } = proxy;
  for (const [place, { status, retryAfter, askedAt }] of answers.slice(0, -1).entries()) {
    expect(status).toBe(503);
    // A timer may be early by its last millisecond.
    const waited = (answers[place + 1]?.askedAt ?? 0) - askedAt;
    expect(waited).toBeGreaterThanOrEqual(retryAfter * 1000 - 5);
  }
  const { items } = must(await bearer().query("events.search", { text }));
  expect(items).toHaveLength(1);
});

describe("a database that is killed", () => {
  test("is answered with 503, is started again, and serves within five seconds", async () => {
    const before = await postmaster();
    const answers: Answer[] = [];
    const times: number[] = [];
    const slowest = watchMachine();
    let over = false;
    const caller = async (call: () => Promise<Answer>) => {
      while (!over) {
        const { result, milliseconds } = await timed(call);
        answers.push(result);
        times.push(milliseconds);
        await sleep(10);
      }
    };
    const callers = [agents, create, ingest].map(caller);
    await sleep(200);
    process.kill(before, "SIGKILL");
    const { milliseconds } = await timed(async () => {
      await expect.poll(postmaster, soon).not.toBe(before);
      await expect.poll(async () => (await agents()).status, soon).toBe(200);
    });
    await sleep(300);
    over = true;
    await Promise.all(callers);
    const added = await slowest();
    expect(milliseconds).toBeLessThan(5000 + added);
    expect(Math.max(...times)).toBeLessThan(2000 + added);
    const refused = answers.filter(({ status }) => status !== 200);
    expect(refused.length).toBeGreaterThan(0);
    for (const answer of refused) isUnavailable(answer);
    await everythingWorks();
  });

  test("loses nothing that was answered", async () => {
    const made: string[] = [];
    let over = false;
    const maker = async () => {
      while (!over) {
        const answer = await create();
        if (answer.status === 200) made.push(answer.data.id);
        await sleep(5);
      }
    };
    const makers = [maker(), maker()];
    await expect.poll(() => made.length, soon).toBeGreaterThan(5);
    const before = await postmaster();
    process.kill(before, "SIGKILL");
    await expect.poll(postmaster, soon).not.toBe(before);
    await expect.poll(async () => (await agents()).status, soon).toBe(200);
    over = true;
    await Promise.all(makers);
    const { agents: table } = await import("@muniment/db/schema/agents.ts");
    const userId = must(await client.query("auth.me")).id;
    const rows = await running.deps.database.reads({ userId }).select({ id: table.id }).from(table);
    const kept = new Set(rows.map(({ id }) => id));
    expect(made.filter((id) => !kept.has(id))).toEqual([]);
  });

  test("does not end an open tail, which goes on with each event once", async () => {
    const server = { fetch: (path: string, init?: RequestInit) => fetch(`${url()}${path}`, init) };
    const tail = await listen(server, { authorization: `Bearer ${key}` });
    await tail.until(1, "position");
    const sent: string[] = [];
    for (const isKilled of [true, true, false]) {
      const events = [makeEvent(), makeEvent()];
      const ingestAgain = async () => (await bearer().mutate("events.ingest", { events })).status;
      await expect.poll(ingestAgain, soon).toBe(200);
      sent.push(...events.map(({ id }) => id));
      if (!isKilled) break;
      const before = await postmaster();
      process.kill(before, "SIGKILL");
      await expect.poll(postmaster, soon).not.toBe(before);
    }
    await tail.until(sent.length);
    expect(tail.events().map(({ id }) => id)).toEqual(sent);
    await tail.close();
  });

  test("takes no process down and leaves no promise unhandled", async () => {
    await sleep(50);
    expect(unhandled).toEqual([]);
  });
});
