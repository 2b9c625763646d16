import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Client } from "./client.ts";
import { must, password, startTestServer, type TestServer } from "./harness.ts";

const friend = "https://console.example.com";
let server: TestServer;
let client: Client & { id: string; email: string };
beforeAll(async () => {
  server = await startTestServer({ env: { CORS_ORIGINS: friend } });
  client = await server.member();
});
afterAll(() => server.stop());

const json = { "content-type": "application/json" };
const agents = async () => must(await client.query("agents.list")).items.length;
const reasonOf = async (response: Response) =>
  ((await response.json()) as { error?: { data: { reason: string } } }).error?.data.reason;

/** `agents.create` with the cookie and exactly these headers. */
const create = (headers: Record<string, string>) =>
  server.fetch("/trpc/agents.create", {
    method: "POST",
    headers: { ...json, cookie: client.cookie, ...headers },
    body: JSON.stringify({ name: "made" }),
  });

describe("a mutation with a cookie", () => {
  test.each([
    ["no Origin", {}],
    ["a foreign Origin", { origin: "https://evil.example" }],
    ["the Origin of a sandbox", { origin: "null" }],
    ["our host with another port", { origin: "http://127.0.0.1:1" }],
    ["our host with another scheme", { origin: "https://127.0.0.1" }],
    ["an Origin that begins like ours", { origin: "http://127.0.0.1.evil.example" }],
    ["a friend's Origin with a slash", { origin: `${friend}/` }],
    ["a subdomain of a friend", { origin: "https://a.console.example.com" }],
    ["no Origin, from another site", { "sec-fetch-site": "cross-site" }],
    ["no Origin, from a neighbour", { "sec-fetch-site": "same-site" }],
    ["no Origin, from an address bar", { "sec-fetch-site": "none" }],
    [
      "a foreign Origin that says same-origin",
      { origin: "https://evil.example", "sec-fetch-site": "same-origin" },
    ],
  ])("and %s is refused and changes nothing", async (_, headers) => {
    const before = await agents();
    const response = await create(headers);
    expect(response.status).toBe(403);
    expect(await reasonOf(response)).toBe("origin_not_allowed");
    expect(await agents()).toBe(before);
  });

  test.each([
    ["our Origin", () => ({ origin: server.url })],
    ["a friend's Origin", () => ({ origin: friend })],
    ["no Origin, but same-origin", () => ({ "sec-fetch-site": "same-origin" })],
  ])("and %s is done", async (_, headers) => {
    expect((await create(headers())).status).toBe(200);
  });

  test("that would set a session needs the Origin even without a cookie (V7.6.2)", async () => {
    const body = JSON.stringify({ email: client.email, password });
    const signIn = (headers: Record<string, string>) =>
      server.fetch("/trpc/auth.signIn", { method: "POST", headers: { ...json, ...headers }, body });
    for (const headers of [{}, { origin: "https://evil.example" }]) {
      const response = await signIn(headers);
      expect([response.status, await reasonOf(response)]).toEqual([403, "origin_not_allowed"]);
      expect(response.headers.getSetCookie()).toEqual([]);
    }
    expect((await signIn({ origin: server.url })).status).toBe(200);
  });

  test("is checked in every call of a batch", async () => {
    const before = await agents();
    const response = await server.fetch("/trpc/agents.create,agents.create?batch=1", {
      method: "POST",
      headers: { ...json, cookie: client.cookie, origin: "https://evil.example" },
      body: JSON.stringify({ 0: { name: "a" }, 1: { name: "b" } }),
    });
    expect(response.status).toBe(403);
    expect(await agents()).toBe(before);
  });

  test("and without one but an API key is not checked", async () => {
    const { key } = await server.apiKey(client);
    const response = await server.fetch("/trpc/agents.create", {
      method: "POST",
      headers: { ...json, authorization: `Bearer ${key}`, origin: "https://evil.example" },
      body: JSON.stringify({ name: "made" }),
    });
    // Refused for what it is, not for where it comes from.
    expect([response.status, await reasonOf(response)]).toEqual([401, "not_signed_in"]);
  });
});

describe("what a foreign page can send without asking", () => {
  test.each([
    ["application/x-www-form-urlencoded", "name=made"],
    [
      "multipart/form-data; boundary=x",
      '--x\r\ncontent-disposition: form-data; name="name"\r\n\r\nm\r\n--x--',
    ],
    ["text/plain", '{"name":"made"}'],
    ["application/octet-stream", '{"name":"made"}'],
    ["application/x-www-form-urlencoded", ""],
    ["text/plain;charset=application/json", '{"name":"made"}'],
    ["application/jsonp", '{"name":"made"}'],
    ["application/json; charset=utf-8, text/plain", '{"name":"made"}'],
    ["application/json, text/plain", '{"name":"made"}'],
  ])("a form as %s is 415", async (type, body) => {
    for (const path of ["agents.create", "auth.signOut"]) {
      const response = await server.fetch(`/trpc/${path}`, {
        method: "POST",
        headers: { "content-type": type, cookie: client.cookie, origin: server.url },
        body,
      });
      expect([response.status, await reasonOf(response)]).toEqual([
        415,
        "unsupported_content_type",
      ]);
    }
    expect((await client.query("auth.me")).status).toBe(200);
  });

  test("a body without a type is 415, JSON with a charset is fine", async () => {
    const send = (type: string | undefined) =>
      server.fetch("/trpc/agents.create", {
        method: "POST",
        headers: {
          cookie: client.cookie,
          origin: server.url,
          ...(type ? { "content-type": type } : {}),
        },
        body: new TextEncoder().encode('{"name":"made"}'),
      });
    expect((await send(undefined)).status).toBe(415);
    expect((await send("Application/JSON; charset=utf-8")).status).toBe(200);
  });

  test("a GET of a mutation is 405 and changes nothing", async () => {
    const before = await agents();
    const input = encodeURIComponent('{"name":"made"}');
    for (const [path, method] of [
      [`/trpc/agents.create?input=${input}`, "GET"],
      [`/trpc/agents.create?input=${input}`, "HEAD"],
      [`/trpc/agents.create,agents.create?batch=1&input=${input}`, "GET"],
      ["/trpc/auth.signOut", "GET"],
    ] as const) {
      const headers = {
        cookie: client.cookie,
        origin: server.url,
        "x-http-method-override": "POST",
      };
      expect((await server.fetch(path, { method, headers })).status).toBe(405);
    }
    expect(await agents()).toBe(before);
  });

  test("a POST of a query is 405, as is every other method", async () => {
    const headers = { ...json, cookie: client.cookie, origin: server.url };
    const post = await server.fetch("/trpc/agents.list", { method: "POST", headers, body: "{}" });
    expect([post.status, await reasonOf(post)]).toEqual([405, "method_not_supported"]);
    const before = await agents();
    for (const method of ["PUT", "PATCH", "DELETE"]) {
      const body = '{"name":"made"}';
      const response = await server.fetch("/trpc/agents.create", { method, headers, body });
      expect(response.status).toBe(405);
    }
    expect(await agents()).toBe(before);
  });
});

describe("CORS", () => {
  const corsHeaders = ({ headers }: Response) =>
    [...headers.keys()].filter((name) => name.startsWith("access-control-"));

  test("answers a listed origin exactly, with credentials, and never a wildcard", async () => {
    const response = await server.fetch("/trpc/auth.me", {
      headers: { origin: friend, cookie: client.cookie },
    });
    expect(response.headers.get("access-control-allow-origin")).toBe(friend);
    expect(response.headers.get("access-control-allow-credentials")).toBe("true");
    expect(response.headers.get("vary")).toContain("Origin");
    const preflight = await server.fetch("/trpc/agents.create", {
      method: "OPTIONS",
      headers: { origin: friend, "access-control-request-method": "POST" },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-methods")).toBe("GET, POST");
    expect(preflight.headers.get("access-control-allow-headers")).not.toContain("*");
  });

  test.each(["https://evil.example", "null", `${friend}:8443`, "http://console.example.com", "*"])(
    "tells %s nothing",
    async (origin) => {
      for (const method of ["GET", "OPTIONS"]) {
        const response = await server.fetch("/trpc/setup.status", { method, headers: { origin } });
        expect(corsHeaders(response)).toEqual([]);
      }
    },
  );

  test("is off without CORS_ORIGINS", async () => {
    const alone = await startTestServer();
    try {
      for (const origin of [friend, alone.url]) {
        const response = await alone.fetch("/trpc/setup.status", { headers: { origin } });
        expect(corsHeaders(response)).toEqual([]);
      }
    } finally {
      await alone.stop();
    }
  });
});

describe("http://localhost", () => {
  const { hostname } = new URL("http://127.0.0.1");
  /** What a request for `target` as localhost is answered; fetch would not send such targets. */
  function asLocalhost(target: string, method = "GET") {
    const port = Number(new URL(server.url).port);
    return new Promise<{ status: number; location: string | undefined }>((resolve, reject) => {
      request({ hostname, port, path: target, method, headers: { host: `localhost:${port}` } })
        .on("response", (response) => {
          response.resume();
          resolve({ status: response.statusCode ?? 0, location: response.headers.location });
        })
        .on("error", reject)
        .end();
    });
  }

  test("moves to PUBLIC_URL with path and query, whatever the method", async () => {
    expect(await asLocalhost("/agents?x=1&y=%2F")).toEqual({
      status: 308,
      location: `${server.url}/agents?x=1&y=%2F`,
    });
    expect((await asLocalhost("/trpc/auth.signIn", "POST")).status).toBe(308);
    expect((await asLocalhost("/healthz")).status).toBe(200);
  });

  test.each([
    "//evil.example/x",
    "/\\evil.example/x",
    "http://evil.example/x",
    "//evil.example",
    "/%2F/evil.example",
  ])("never moves to another host: %s", async (target) => {
    const { location } = await asLocalhost(target);
    if (location) expect(new URL(location).origin).toBe(server.url);
  });
});
