import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { allHaveLeft } from "../src/http/exchange.ts";
import { createServer } from "../src/http/server.ts";
import { startTestServer, type TestServer } from "./harness.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

const nineMegabytes = `{"events":[${"0,".repeat(4_500_000)}0]}`;

const post = (path: string, body: string, headers: Record<string, string> = {}) =>
  server.fetch(path, {
    method: "POST",
    body,
    headers: { "content-type": "application/json", ...headers },
  });

test("a large body of a caller who may not send it is refused without being read", async () => {
  const started = performance.now();
  const answers = await Promise.all([
    post("/trpc/events.ingest", nineMegabytes),
    post("/trpc/events.ingest?batch=1", `{"0":${nineMegabytes}}`),
    post("/api/v1/events", nineMegabytes, { authorization: "Bearer mnt_wrong" }),
    // Not JSON at all: had it been parsed, the answer would be 400.
    post("/trpc/events.ingest", "{".repeat(9_000_000)),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
  expect(performance.now() - started).toBeLessThan(5000);
});

test("a batch does not lend the room of one call to another", async () => {
  const input = `{"0":{"email":"a@example.org","password":"x"},"1":${nineMegabytes}}`;
  const answer = await post("/trpc/auth.signIn,events.ingest?batch=1", input, {
    origin: server.url,
  });
  const [signIn, ingest] = (await answer.json()) as { error: { data: { reason: string } } }[];
  expect(signIn?.error.data.reason).toBe("body_too_large");
  expect(ingest?.error.data.reason).toBe("not_signed_in");
});

test("an input for no call of the batch is refused", async () => {
  const { key } = await server.apiKey(await server.member());
  const body = `{"0":{"events":[{"type":"a"}]},"1":{}}`;
  const answer = await post("/trpc/events.ingest?batch=1", body, {
    authorization: `Bearer ${key}`,
  });
  expect(answer.status).toBe(400);
});

test("requests that name no procedure are counted too", async () => {
  const answers = await Promise.all(
    Array.from({ length: 150 }, () => server.fetch("/trpc/no.such", { method: "GET" })),
  );
  const statuses = answers.map(({ status }) => status);
  expect(statuses).toContain(404);
  expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(50);
});

test.each(["/trpc/no.such", "/api/openapi.json", "/.well-known/jwks.json", "/no-page"])(
  "the answer of %s that nobody reads is known to be on its way",
  async (url) => {
    const app = await createServer(server.deps, null);
    await app.ready();
    const request = new IncomingMessage(new Socket());
    Object.assign(request, { url, method: "GET", complete: true });
    const response = new ServerResponse(request);
    app.server.emit("request", request, response);
    await vi.waitUntil(() => response.writableEnded, 30_000);
    const left = allHaveLeft().then(() => "left");
    expect(await Promise.race([left, setImmediate("on its way")])).toBe("on its way");
    request.socket.destroy();
    await left;
    await app.close();
  },
);
