import { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { collectGarbage } from "../../../test/collect-garbage.ts";
import { roomBytes, roomFor } from "../src/http/body-room.ts";
import { makeSender, searchAll } from "./events-sender.ts";
import { must, startTestServer, type TestServer } from "./harness.ts";
import { openNotingProxy } from "./noting-proxy.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ env: { INGEST_EVENTS_RATE_LIMIT_MAX: "1000" } });
  await server.admin();
});
afterAll(() => server.stop());

const post = (
  key: string,
  body: NonNullable<RequestInit["body"]>,
  headers: Record<string, string> = {},
) =>
  server.fetch("/v1/logs", {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}`, ...headers },
    body,
  });

const toRequest = (logRecords: unknown[]) => ({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] });
const requestOf = (records: unknown[]) => JSON.stringify(toRequest(records));
const now = () => `${BigInt(Date.now()) * 1_000_000n}`;
const recordOf = (n: number) => ({ timeUnixNano: now(), body: { stringValue: `record ${n}` } });

describe("the exporter of OpenTelemetry", () => {
  test.each(["none", "gzip"])("delivers as it stands, with compression %s", async (compression) => {
    const { member, key } = await makeSender(server);
    const exporter = new OTLPLogExporter({
      url: `${server.url}/v1/logs`,
      headers: { authorization: `Bearer ${key}` },
      compression: compression as never,
    });
    const provider = new LoggerProvider({
      resource: resourceFromAttributes({ "service.name": "shop", "service.version": "1.4.2" }),
      processors: [new BatchLogRecordProcessor({ exporter })],
    });
    const logger = provider.getLogger("checkout", "2.0");
    for (let n = 0; n < 150; n += 1) {
      logger.emit({
        severityNumber: 17,
        severityText: "ERROR",
        eventName: "payment.failed",
        body: `card ${n} declined`,
        attributes: { "http.response.status_code": 402, amount: 12.5, tags: ["a", "b"], n },
      });
    }
    await provider.forceFlush();
    await provider.shutdown();
    const events = await searchAll(member, { limit: 100 });
    expect(events).toHaveLength(150);
    expect(events.find(({ message }) => message === "card 7 declined")).toMatchObject({
      type: "payment.failed",
      level: "error",
      subject: "service:shop",
      props: {
        resource: { service: { name: "shop", version: "1.4.2" } },
        scope: { name: "checkout", version: "2.0" },
        attributes: {
          http: { response: { status_code: 402 } },
          amount: 12.5,
          tags: ["a", "b"],
          n: 7,
        },
        severityText: "ERROR",
      },
    });
    const found = await searchAll(member, {
      query: "props.attributes.n:7 props.resource.service.name:shop",
    });
    expect(found).toHaveLength(1);
  });
});

test("what is refused for good is given up by the exporter at once", async () => {
  const { member, key, id } = await makeSender(server);
  must(await member.mutate("apiKeys.revoke", { id }));
  const proxy = await openNotingProxy(server.url);
  const provider = new LoggerProvider({
    processors: [
      new BatchLogRecordProcessor({
        exporter: new OTLPLogExporter({
          url: `${proxy.url}/v1/logs`,
          headers: { authorization: `Bearer ${key}` },
        }),
      }),
    ],
  });
  provider.getLogger("test").emit({ body: "for nobody" });
  await provider.forceFlush().catch(() => {});
  await provider.shutdown();
  proxy.close();
  expect(proxy.answers.map(({ status }) => status)).toEqual([401]);
});

test("a request that is made again creates nothing twice", async () => {
  const { member, key } = await makeSender(server);
  const body = requestOf([...Array.from({ length: 120 }, (_, n) => recordOf(n)), recordOf(0)]);
  for (let times = 0; times < 3; times += 1) {
    const answer = await post(key, body);
    expect([answer.status, await answer.json()]).toEqual([200, {}]);
  }
  expect(await searchAll(member, { limit: 100 })).toHaveLength(121);
});

test("records that are refused are counted and named, and their neighbours stored", async () => {
  const { member, agentId, key } = await makeSender(server);
  const answer = await post(
    key,
    requestOf([
      recordOf(1),
      { ...recordOf(2), body: { intValue: "x" } },
      { ...recordOf(3), timeUnixNano: "1000000" },
      { ...recordOf(4), body: { stringValue: "\0" } },
      recordOf(5),
    ]),
  );
  expect(answer.status).toBe(200);
  const { partialSuccess } = (await answer.json()) as { partialSuccess: Record<string, string> };
  expect(partialSuccess.rejectedLogRecords).toBe("3");
  expect(partialSuccess.errorMessage).toMatch(
    /record 1: .*record 2: out_of_range: .*record 3: inv/,
  );
  expect(await searchAll(member)).toHaveLength(2);
  const totals = async () => must(await member.query("agents.deliveries", { id: agentId })).total;
  const counts = { batches: 1, sent: 5, accepted: 2, duplicates: 0, rejected: 3 };
  expect(await totals()).toEqual(counts);
  // Of a whole batch, too, that holds none that may be stored.
  const wrong = Array.from({ length: 101 }, () => ({ ...recordOf(1), body: { intValue: "x" } }));
  const none = await (await post(key, requestOf(wrong))).json();
  expect(none).toMatchObject({ partialSuccess: { rejectedLogRecords: "101" } });
  expect(await totals()).toEqual({ ...counts, batches: 3, sent: 106, rejected: 104 });
});

test("a request without records is none to store", async () => {
  const { key } = await makeSender(server);
  for (const body of ["{}", requestOf([])]) {
    const answer = await post(key, body);
    expect([answer.status, await answer.json()]).toEqual([200, {}]);
  }
});

test("only a key that may write is read from at all", async () => {
  const { key } = await makeSender(server, { scopes: ["events:read"] });
  const { key: narrow } = await makeSender(server, { eventTypes: ["ssh.*"] });
  const statusOf = async (answer: Response) => [answer.status, (await answer.json()) as object];
  expect(await statusOf(await post("mnt_wrong", "{"))).toEqual([
    401,
    { code: 16, message: "This API key is not valid." },
  ]);
  expect(await statusOf(await server.fetch("/v1/logs", { method: "POST" }))).toMatchObject([
    401,
    {},
  ]);
  expect(await statusOf(await post(key, "{"))).toMatchObject([403, { code: 7 }]);
  const typed = await statusOf(await post(narrow, requestOf([recordOf(1)])));
  expect(typed).toMatchObject([200, { partialSuccess: { rejectedLogRecords: "1" } }]);
});

test("other forms are refused, and say what to send", async () => {
  const { key } = await makeSender(server);
  const protobuf = await post(key, Buffer.from([10, 0]), {
    "content-type": "application/x-protobuf",
  });
  expect(protobuf.status).toBe(415);
  expect(await protobuf.json()).toMatchObject({
    message: expect.stringContaining("encoding: json"),
  });
  const two = "application/json; charset=utf-8, text/plain";
  expect((await post(key, "{}", { "content-type": two })).status).toBe(415);
  const zstd = await post(key, "{}", { "content-encoding": "zstd" });
  expect(zstd.status).toBe(415);
  const notGzip = await post(key, "{}", { "content-encoding": "gzip" });
  expect([notGzip.status, await notGzip.json()]).toMatchObject([400, { code: 3 }]);
  // Latin-1: read as UTF-8 it would be stored altered.
  const notUtf8 = await post(key, Buffer.from('{"resourceLogs":[],"x":"é"}', "latin1"));
  expect([notUtf8.status, await notUtf8.json()]).toMatchObject([400, { code: 3 }]);
});

test("a gzip bomb is not unpacked", async () => {
  const { key } = await makeSender(server);
  const bomb = gzipSync(Buffer.alloc(60_000_000, " "));
  expect(bomb.length).toBeLessThan(100_000);
  collectGarbage();
  const before = process.memoryUsage().rss;
  const answer = await post(key, bomb, { "content-encoding": "gzip" });
  expect([answer.status, await answer.json()]).toMatchObject([413, { code: 8 }]);
  expect(process.memoryUsage().rss - before).toBeLessThan(150_000_000);
});

test("what is unpacked takes its room among all bodies under way", async () => {
  const { key } = await makeSender(server);
  const other = new EventEmitter();
  const response = Object.assign(other, { closed: false }) as ServerResponse;
  roomFor(response, { id: "other", isUser: true })(roomBytes);
  const packed = gzipSync(requestOf([recordOf(1)]).padEnd(5_000_000));
  const send = () => post(key, packed, { "content-encoding": "gzip" });
  const refused = await send();
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
  expect(await refused.json()).toMatchObject({ code: 14 });
  other.emit("close");
  expect((await send()).status).toBe(200);
});

test("a limit is answered with the time to wait, and the same request passes then or is a duplicate", async () => {
  const { member, key } = await makeSender(server);
  const full = requestOf(Array.from({ length: 1001 }, (_, n) => recordOf(n)));
  const answer = await post(key, full);
  expect([answer.status, await answer.json()]).toMatchObject([429, { code: 8 }]);
  expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
  // What fitted is stored, and will not be twice.
  expect(await searchAll(member, { limit: 100 })).toHaveLength(1000);
});
