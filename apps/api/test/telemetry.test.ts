import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
// biome-ignore lint/correctness/useImportExtensions: scripts run before anything is installed.
import { ensureBuild } from "../../../scripts/build.mjs";
import { collectGarbage } from "../../../test/collect-garbage.ts";
import { startTelemetry } from "../src/telemetry/telemetry.ts";
import { createApiProcess } from "./api-process.ts";
import { attributesOf, type SentSpan, startCollector } from "./collector.ts";
import { makeEvent, makeSender, send } from "./events-sender.ts";
import { must, password, startTestServer, type TestServer } from "./harness.ts";

const soon = { interval: 20 };
const server = 2;
const internal = 1;

let collector: Awaited<ReturnType<typeof startCollector>>;
let node: TestServer;
beforeAll(async () => {
  collector = await startCollector();
  node = await startTestServer({
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.endpoint}/`,
      OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20of-the-collector",
      OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test",
      OTEL_BSP_SCHEDULE_DELAY: "50",
      OTEL_BLRP_SCHEDULE_DELAY: "50",
      LOG_LEVEL: "warn",
    },
  });
});
afterAll(async () => {
  await node.stop();
  await collector.stop();
});
afterEach(() => {
  vi.restoreAllMocks();
  collector.answer.status = 200;
});

const settingsFor = (endpoint: string) => ({
  endpoint,
  headers: {},
  traces: true,
  logs: true,
  ratio: 1,
  delayMilliseconds: { traces: 1000, logs: 1000 },
  resource: { "service.name": "muniment" },
});
const idOf = (answer: Response) => answer.headers.get("x-request-id");
const requestIdOf = (span: SentSpan) => attributesOf(span)["muniment.request_id"];

/** The span of an HTTP request, once it was sent. */
async function spanOf(answer: Response): Promise<SentSpan> {
  const found = () => collector.spans().find((span) => requestIdOf(span) === idOf(answer));
  await expect.poll(found, soon).toBeDefined();
  return found() as SentSpan;
}
const below = (above: SentSpan) =>
  collector.spans().filter(({ parentSpanId }) => parentSpanId === above.spanId);

describe("spans", () => {
  test("one for each HTTP request, named by its procedure, says what was answered", async () => {
    const answer = await node.fetch("/trpc/agents.list?input={}");
    const span = await spanOf(answer);
    expect([span.name, span.kind, span.parentSpanId]).toEqual(["agents.list", server, undefined]);
    expect(attributesOf(span)).toEqual({
      "http.request.method": "GET",
      "http.route": "/trpc/*",
      "http.response.status_code": 401,
      "muniment.request_id": idOf(answer),
      "error.type": "not_signed_in",
    });
    expect(span.status.code ?? 0).toBe(0);
    const [sender] = collector.senders();
    expect(sender).toMatchObject({
      "service.name": "muniment",
      "deployment.environment.name": "test",
    });
    expect(collector.received[0]?.headers.authorization).toBe("Bearer of-the-collector");
  });

  test("what is no procedure has the name of none", async () => {
    const span = await spanOf(await node.fetch("/trpc/what.a-stranger-made-up"));
    expect(span.name).toBe("trpc");
  });

  test("calls of a batch stand below it, and uses of the database below their call", async () => {
    const { cookie } = await node.member();
    const path = "/trpc/sessions.list,no.such?batch=1&input=%7B%7D";
    const answer = await node.fetch(path, { headers: { cookie } });
    const batch = await spanOf(answer);
    expect([batch.name, batch.kind]).toEqual(["batch", server]);
    expect(attributesOf(batch)["http.response.status_code"]).toBe(207);
    const calls = () => below(batch).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    expect(calls().map(({ name, kind }) => [name, kind])).toEqual([
      ["sessions.list", internal],
      ["trpc", internal],
    ]);
    const [call] = calls();
    const uses = below(call as SentSpan);
    expect(uses.map(({ name }) => name)).toContain("database keyed reads");
    for (const use of uses) {
      expect(attributesOf(use)).toMatchObject({ "db.system.name": "postgresql" });
      expect(Number(attributesOf(use)["muniment.waited_ms"])).toBeGreaterThanOrEqual(0);
    }
  });

  test("a call that is answered from the bytes of its connection has one, too, in the trace of its caller", async () => {
    const { key } = await makeSender(node);
    const body = JSON.stringify({ events: [makeEvent()] });
    const { host, port, hostname } = new URL(node.url);
    const socket = connect(Number(port), hostname);
    const lines = [
      "POST /api/v1/events HTTP/1.1",
      `host: ${host}`,
      `authorization: Bearer ${key}`,
      "content-type: application/json",
      `content-length: ${body.length}`,
      `traceparent: 00-${"a".repeat(32)}-${"b".repeat(16)}-00`,
    ];
    socket.write(`${lines.join("\r\n")}\r\n\r\n${body}`);
    const [bytes] = await once(socket, "data");
    socket.destroy();
    expect(String(bytes)).toMatch(/^HTTP\/1.1 200 /);
    const found = () => collector.spans().find((one) => one.parentSpanId === "b".repeat(16));
    await expect.poll(found, soon).toBeDefined();
    expect(found()).toMatchObject({ name: "events.ingest", traceId: "a".repeat(32) });
    expect(attributesOf(found() as SentSpan)).toMatchObject({
      "http.request.method": "POST",
      "http.route": "/api/v1/events",
      "http.response.status_code": 200,
    });
  });

  test("work that nobody waits for has its own, named by its queue", async () => {
    await expect
      .poll(() => collector.spans().filter(({ name }) => name.startsWith("job ")).length, soon)
      .toBeGreaterThan(0);
  });

  test("what a call left running when it was over is none of it", async () => {
    const telemetry = await startTelemetry(settingsFor(collector.endpoint));
    const seen = await telemetry?.work("job a", async () => ({
      now: telemetry.ids(),
      later: sleep(20).then(() => telemetry.ids()),
    }));
    expect(seen?.now).toMatchObject({ trace_flags: "01" });
    expect(await seen?.later).toBeUndefined();
    await telemetry?.stop();
  });

  test("an unexpected error makes it one that failed", async () => {
    const broken = vi.spyOn(node.deps.identities, "identify");
    broken.mockRejectedValueOnce(new Error("out of order"));
    const answer = await node.fetch("/trpc/agents.list");
    expect(answer.status).toBe(500);
    const span = await spanOf(answer);
    expect([span.status.code, attributesOf(span)["error.type"]]).toEqual([2, "internal"]);
  });
});

describe("the trace of a caller", () => {
  const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
  const spanId = "00f067aa0ba902b7";
  const from = (traceparent: string) =>
    node.fetch("/trpc/agents.list", { headers: { traceparent, tracestate: "a=b" } });

  test("goes on, whether its flag is set or not", async () => {
    const parents = ["01", "00"].map((flags) => `00-${traceId}-${spanId}-${flags}`);
    const answers = await Promise.all(parents.map(from));
    for (const span of await Promise.all(answers.map(spanOf))) {
      expect([span.traceId, span.parentSpanId]).toEqual([traceId, spanId]);
      expect(JSON.stringify(span)).not.toContain("a=b");
    }
  });

  test("does not where it is none", async () => {
    const wrong = [
      `00-${"0".repeat(32)}-${spanId}-01`,
      `00-${traceId}-${"0".repeat(16)}-01`,
      `ff-${traceId}-${spanId}-01`,
      `00-${traceId.toUpperCase()}-${spanId}-01`,
      `00-${traceId}-${spanId}`,
      `00-${traceId}-${spanId}-01-more`,
      `00-${traceId}-${spanId}-01, 00-${traceId}-${spanId}-01`,
      `x${"-".repeat(5000)}`,
    ];
    const answers = await Promise.all(wrong.map(from));
    for (const span of await Promise.all(answers.map(spanOf))) {
      expect(span.traceId).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
      expect([span.traceId === traceId, span.parentSpanId]).toEqual([false, undefined]);
    }
  });

  test("decides nothing about what is sent", async () => {
    const away = await startCollector();
    const quiet = await startTestServer({
      besides: node,
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: away.endpoint, OTEL_TRACES_SAMPLER: "always_off" },
    });
    const headers = { traceparent: `00-${traceId}-${spanId}-01` };
    expect((await quiet.fetch("/trpc/agents.list", { headers })).status).toBe(401);
    await quiet.stop();
    expect(away.spans()).toEqual([]);
    await away.stop();
  });
});

describe("the log", () => {
  test("goes there, each line with the trace that it was written in", async () => {
    const broken = vi.spyOn(node.deps.identities, "identify");
    broken.mockRejectedValueOnce(new Error("a wheel came off"));
    const span = await spanOf(await node.fetch("/trpc/agents.list"));
    const lines = () =>
      collector
        .records()
        .filter((one) => attributesOf(one)["exception.message"] === "a wheel came off");
    await expect.poll(() => lines().length, soon).toBe(1);
    const [line] = lines();
    expect([line?.traceId, line?.spanId]).toEqual([span.traceId, span.spanId]);
    expect([line?.severityText, line?.body.stringValue]).toEqual(["error", "failed"]);
    expect(line && attributesOf(line)).toMatchObject({
      requestId: requestIdOf(span),
      procedure: "agents.list",
      "exception.type": "Error",
      "exception.stacktrace": expect.stringContaining("telemetry.test.ts"),
    });
  });

  test("of a Muniment can be sent to another, as events", async () => {
    const sender = await makeSender(node);
    const teller = await startTestServer({
      besides: node,
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: node.url,
        OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${sender.key}`,
        OTEL_TRACES_EXPORTER: "none",
        LOG_LEVEL: "warn",
      },
    });
    await teller.fetch("/trpc/agents.list");
    await teller.stop();
    const { items } = must(await sender.member.query("events.search", {}));
    const refused = items.filter(({ message }: { message: string }) => message === "refused");
    expect(refused).toHaveLength(1);
    expect(refused[0]).toMatchObject({
      level: "warn",
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect(JSON.stringify(refused[0].props)).toContain("not_signed_in");
  });
});

test("nothing that people entered is among what is sent", async () => {
  const canary = "canary-7f3a";
  const email = `${canary}@example.org`;
  const member = await node.member(email);
  const { key } = await makeSender(node);
  await send(node, key, [
    makeEvent({ message: `${canary}-message`, props: { [canary]: canary }, subject: canary }),
  ]);
  await node.anonymous().mutate("auth.signIn", { email, password: `${canary}-password` });
  await member.query("events.search", { text: canary });
  await member.mutate("agents.create", { name: `${canary}-agent` });
  const odd = { headers: { "user-agent": canary, cookie: `a=${canary}`, baggage: `a=${canary}` } };
  await node.fetch(`/trpc/${canary}?input=${canary}`, odd);
  await node.fetch(`/api/v1/events?text=${canary}`, odd);
  await node.fetch(`/${canary}`, odd);
  await spanOf(await node.fetch("/trpc/agents.list"));
  const broken = vi.spyOn(node.deps.identities, "identify");
  broken.mockRejectedValueOnce(new Error("out of order"));
  await spanOf(await node.fetch(`/trpc/agents.list?input=${canary}`, odd));
  await expect
    .poll(() => collector.records().map(({ body }) => body.stringValue), soon)
    .toContain("failed");
  const sent = collector.received.map(({ body }) => body).join("\n");
  expect(sent).toContain("events.search");
  for (const secret of [canary, password, key, key.slice(0, 12), member.id, "of-the-collector"]) {
    expect(sent).not.toContain(secret);
  }
  expect(sent).not.toMatch(/select |insert into|127\.0\.0\.1/);
});

describe("a collector", () => {
  /** One that reads nothing and says nothing. */
  async function startDead() {
    const sockets = new Set<{ destroy(): void }>();
    const dead = createServer(() => {}).on("connection", (socket) => sockets.add(socket));
    await once(dead.listen(0, "127.0.0.1"), "listening");
    return {
      endpoint: `http://127.0.0.1:${(dead.address() as AddressInfo).port}`,
      sockets,
      stop() {
        for (const socket of sockets) socket.destroy();
        dead.close();
      },
    };
  }

  test("that hangs keeps no call waiting, is not remembered without end, and delays no stop", async () => {
    const dead = await startDead();
    const telemetry = await startTelemetry(settingsFor(dead.endpoint));
    if (!telemetry) throw new Error("not started");
    const line = JSON.stringify({ level: "warn", time: new Date(), msg: "x".repeat(200) });
    const round = async (many: number) => {
      for (let at = 0; at < many; at += 1) {
        await telemetry.work("job noise", async () => telemetry.take(line));
      }
      // The turns in which batches are handed over.
      await sleep(50);
      collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    await round(10_000);
    const before = await round(10_000);
    const after = await round(40_000);
    expect(dead.sockets.size).toBeGreaterThan(0);
    expect(dead.sockets.size).toBeLessThanOrEqual(4);
    // 40,000 of each, kept, are more than 80 MB.
    expect(after - before).toBeLessThan(30 * 1024 * 1024);
    const from = performance.now();
    await telemetry.stop();
    expect(performance.now() - from).toBeLessThan(5000);
    dead.stop();
  });

  test("that refuses is told of once, with why, while calls are answered as ever", async () => {
    const warn = vi.spyOn(node.deps.log, "warn");
    collector.answer.status = 500;
    const told = () =>
      warn.mock.calls.filter(([, text]) => text === "the collector does not take what is sent");
    const sent = collector.received.length;
    for (let round = 0; round < 3; round += 1) {
      const before = collector.received.length;
      expect((await node.fetch("/trpc/agents.list")).status).toBe(401);
      await expect.poll(() => collector.received.length, soon).toBeGreaterThan(before);
    }
    expect(collector.received.length).toBeGreaterThanOrEqual(sent + 3);
    expect(told()).toHaveLength(1);
    expect(told()[0]?.[0]).toMatchObject({ reason: "500 Internal Server Error" });
  });
});

test("the built server loads OpenTelemetry only where it is asked to, and sends what waits before it ends", async () => {
  const built = await ensureBuild();
  const api = await readFile(join(built, "api.js"), "utf8");
  expect([api.includes("BatchSpanProcessor"), api.includes("./telemetry.js")]).toEqual([
    false,
    true,
  ]);
  const away = await startCollector();
  const running = await createApiProcess();
  try {
    await running.start({ OTEL_EXPORTER_OTLP_ENDPOINT: away.endpoint, OTEL_SERVICE_NAME: "built" });
    await fetch(`${running.url}/trpc/agents.list`);
    await running.stop();
    expect(away.spans().map(({ name }) => name)).toContain("agents.list");
    expect(away.senders()[0]).toMatchObject({ "service.name": "built" });
  } finally {
    await running.stop();
    await away.stop();
  }
});
