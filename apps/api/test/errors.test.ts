import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Client } from "./client.ts";
import { password, startTestServer, type TestServer } from "./harness.ts";

let server: TestServer;
let client: Client & { email: string; id: string };
let web: string;
beforeAll(async () => {
  web = await mkdtemp(join(tmpdir(), "muniment-web-"));
  await mkdir(join(web, "assets"));
  await writeFile(join(web, "index.html"), "<!doctype html><title>Muniment</title>");
  await writeFile(join(web, "assets", "a.js"), "export {};");
  server = await startTestServer({
    webDirectory: web,
    // Every wrong request counts against its address; this file makes hundreds.
    env: { TRUST_PROXY: "1", RATE_LIMIT_MAX_REQUESTS: "100000" },
  });
  client = await server.member();
});
afterAll(async () => {
  await server.stop();
  await rm(web, { recursive: true, force: true });
});

const page = { headers: { accept: "text/html" } };

/** What must never be in an answer: the inside of the server. */
const inside =
  /node_modules|\bat \S+ \(|\.ts:\d|\/work\/|\/tmp\/|select |insert into|postgres|stack|ECONN|zod/i;

/** A request as bytes, for what no HTTP library would send. */
function raw(text: string): Promise<string> {
  const { port, hostname } = new URL(server.url);
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(Number(port), hostname, () => socket.write(text));
    socket.on("data", (data) => {
      answer += data;
      socket.end();
    });
    // Who is answered while still writing may be reset before the end.
    socket.on("error", (error) => (answer === "" ? reject(error) : resolve(answer)));
    socket.on("close", () => resolve(answer));
  });
}

describe("every answer carries the security headers", () => {
  const json = { "content-type": "application/json", "sec-fetch-site": "same-origin" };
  const kinds: [string, number, string, RequestInit][] = [
    ["the SPA", 200, "/", page],
    ["a client route", 200, "/agents/1?x=1", page],
    ["a client route for a program", 200, "/agents/1?x=1", {}],
    ["a file", 200, "/assets/a.js", {}],
    ["a missing file", 404, "/assets/b.js", {}],
    ["a query", 200, "/trpc/setup.status", {}],
    ["an unknown procedure", 404, "/trpc/no.such", {}],
    ["a wrong method", 405, "/trpc/auth.signOut", {}],
    ["a refusal", 401, "/trpc/auth.me", {}],
    ["malformed JSON", 400, "/trpc/auth.signIn", { method: "POST", headers: json, body: "{" }],
    ["an unknown API path", 404, "/api/v2/x", page],
    ["a path outside", 404, "/..%2f..%2fetc%2fpasswd", {}],
    ["a path that is not UTF-8", 400, "/%ff%fe", {}],
    ["health", 200, "/healthz", {}],
    ["an unknown method", 405, "/trpc/auth.me", { method: "DELETE" }],
    ["an unknown method of REST", 405, "/api/v1/events", { method: "PUT" }],
  ];
  test.each(kinds)("%s (%i)", async (_, status, path, init) => {
    const response = await server.fetch(path, init);
    expect(response.status).toBe(status);
    const headers = Object.fromEntries(response.headers);
    expect(headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "x-xss-protection": "0",
      "referrer-policy": "no-referrer",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      "x-request-id": expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(headers["content-security-policy"]).toMatch(/^default-src 'none'; script-src 'self';/);
    expect(headers["content-security-policy"]).not.toMatch(/unsafe|\*/);
    expect(headers["permissions-policy"]).toContain("camera=()");
    expect(headers).not.toHaveProperty("x-powered-by");
    expect(headers).not.toHaveProperty("server");
    // Plain http: HSTS would be ignored, and must not be promised.
    expect(headers).not.toHaveProperty("strict-transport-security");
    if (status >= 400) expect(await response.text()).not.toMatch(inside);
    if (path.startsWith("/trpc")) expect(headers["cache-control"]).toBe("no-store");
  });

  test("and HSTS where the public address is https", async () => {
    const secure = await startTestServer({ env: { PUBLIC_URL: "https://muniment.example.com" } });
    try {
      const { headers } = await secure.fetch("/trpc/setup.status");
      expect(headers.get("strict-transport-security")).toBe("max-age=31536000; includeSubDomains");
      const missing = await secure.fetch("/nothing");
      expect(missing.status).toBe(404);
      expect(missing.headers.get("x-content-type-options")).toBe("nosniff");
    } finally {
      await secure.stop();
    }
  });
});

test("/.well-known/security.txt says whom to tell of a vulnerability", async () => {
  const read = async ({ fetch }: Pick<TestServer, "fetch">) => {
    const response = await fetch("/.well-known/security.txt");
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    return (await response.text()).split("\n");
  };
  const [contact, expires = "", , canonical] = await read(server);
  expect(contact).toBe("Contact: mailto:security@[127.0.0.1]");
  const days = (Date.parse(expires.slice("Expires: ".length)) - Date.now()) / 86_400_000;
  expect(days).toBeGreaterThan(100);
  expect(days).toBeLessThan(365);
  expect(canonical).toBe(`Canonical: ${server.url}/.well-known/security.txt`);

  const named = await startTestServer({
    env: {
      PUBLIC_URL: "https://muniment.example.com",
      SECURITY_CONTACT: "https://example.com/report, mailto:cert@example.com",
    },
  });
  try {
    expect((await read(named)).slice(0, 2)).toEqual([
      "Contact: https://example.com/report",
      "Contact: mailto:cert@example.com",
    ]);
  } finally {
    await named.stop();
  }
});

test("assets are sent packed to whoever takes them so", async () => {
  await writeFile(join(web, "assets", "a.js.gz"), gzipSync("export {};"));
  const asked = async (encoding: string) => {
    const response = await server.fetch("/assets/a.js", {
      headers: { "accept-encoding": encoding },
    });
    expect(await response.text()).toBe("export {};");
    expect(response.headers.get("content-type")).toMatch(/javascript/);
    expect(response.headers.get("cache-control")).toContain("immutable");
    expect(response.headers.get("vary")).toMatch(/accept-encoding/i);
    return response.headers.get("content-encoding");
  };
  expect(await asked("gzip, br")).toBe("gzip");
  expect(await asked("identity")).toBeNull();
  expect((await server.fetch("/", page)).headers.get("content-encoding")).toBeNull();
});

test("assets are kept for ever, pages are asked for anew", async () => {
  const cached = async (path: string) =>
    (await server.fetch(path, page)).headers.get("cache-control");
  expect(await cached("/assets/a.js")).toBe("public, max-age=31536000, immutable");
  expect(await cached("/")).toBe("no-cache");
  expect(await cached("/agents")).toBe("no-cache");
  expect(await cached("/assets/missing.js")).not.toContain("immutable");
});

test("the SPA's page answers for every client route, whatever a client accepts beside it", async () => {
  const ask = (path: string, accept: string, method = "GET") =>
    server.fetch(path, { method, headers: { accept } });
  for (const path of ["/agents", "/agents/1/", "/audit", "/sign-in", "/users?page=2"]) {
    for (const accept of ["*/*", "text/html", "text/html,*/*;q=0.8"]) {
      const { status, headers } = await ask(path, accept);
      expect([path, accept, status, headers.get("content-type")]).toEqual([
        path,
        accept,
        200,
        "text/html; charset=utf-8",
      ]);
    }
    expect((await ask(path, "*/*", "HEAD")).status).toBe(200);
    expect((await ask(path, "application/json")).status).toBe(404);
  }
  const missing = ["/keyring.json", "/.env", "/a/.git/config", "/assets/b.js", "/assets/b"];
  const ofTheApi = ["/api", "/api/v2", "/v1/x", "/.well-known/x", "/audit/x", "/metrics"];
  for (const path of [...missing, ...ofTheApi])
    expect([path, (await ask(path, "*/*")).status]).toEqual([path, 404]);
});

test("a method that a path does not know is refused in the shape of its errors", async () => {
  for (const method of ["PUT", "PATCH", "DELETE", "OPTIONS"]) {
    const call = await server.fetch("/trpc/auth.me", { method });
    expect([call.status, await call.json()]).toMatchObject([
      405,
      { error: { code: -32_005, data: { reason: "method_not_supported" } } },
    ]);
    const rest = await server.fetch("/api/v1/events", { method });
    expect([rest.status, rest.headers.get("allow"), await rest.json()]).toMatchObject([
      405,
      "GET, POST",
      { error: { code: "METHOD_NOT_SUPPORTED", reason: "method_not_supported" } },
    ]);
  }
  const sent = await server.fetch("/v1/logs");
  expect([sent.status, sent.headers.get("allow")]).toEqual([405, "POST"]);
});

test("what the router cannot read is answered in our own shape", async () => {
  for (const [path, reason] of [
    ["/nothing.txt", "not_found"],
    ["/api/v2/x", "not_found"],
    ["/%ff%fe", "invalid_input"],
    [`/trpc/${"x".repeat(5000)}`, "unknown_procedure"],
  ] as const) {
    const response = await server.fetch(path);
    const body = (await response.json()) as {
      error: { reason?: string; data?: { reason: string } };
    };
    const { error } = body;
    expect([path.slice(0, 20), error.reason ?? error.data?.reason]).toEqual([
      path.slice(0, 20),
      reason,
    ]);
  }
});

test.each([
  ["GET", "//[", {}, 404, "not_found"],
  ["GET", "//a:999999/", {}, 404, "not_found"],
  ["GET", "/assets/", {}, 404, "not_found"],
  ["GET", "/%00", {}, 404, "not_found"],
  ["GET", "/assets/%2e%2e/x", {}, 404, "not_found"],
  ["GET", "/", { Range: "bytes=999999-" }, 400, "invalid_input"],
  ["POST", "/trpc/auth.signIn", { "Content-Type": "garbage" }, 415, "unsupported_content_type"],
  ["POST", "/trpc/auth.signIn", { "Content-Type": "" }, 415, "unsupported_content_type"],
  [
    "POST",
    "/trpc/auth.signIn",
    { "Content-Type": "application/json/" },
    415,
    "unsupported_content_type",
  ],
  ["GET", "/trpc/setup.status,setup.status?batch=1", {}, 200, ""],
] as const)(
  "%s %s with %o is answered with a reason that fits its status",
  async (method, path, headers, status, reason) => {
    const lines = Object.entries({
      Host: new URL(server.url).host,
      Origin: server.url,
      Connection: "close",
      ...(method === "POST" ? { "Content-Length": "2" } : {}),
      ...headers,
    }).map(([name, value]) => `${name}: ${value}`);
    const body = method === "POST" ? "{}" : "";
    const answer = await raw(`${method} ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n${body}`);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toContain(reason && `"reason":"${reason}"`);
  },
);

test("what is asked of localhost is sent on to the public address, whatever its path", async () => {
  for (const [path, place] of [
    ["//[", "//["],
    ["//a:999999/?b", "//a:999999/?b"],
    ["http://evil.example/x", "/x"],
    ["/agents?page=2", "/agents?page=2"],
  ]) {
    const { port } = new URL(server.url);
    const answer = await raw(
      `GET ${path} HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 308 /);
    expect(answer).toContain(`location: ${server.url}${place}\r\n`);
  }
});

test.each([
  ["no HTTP at all", "hello\r\n\r\n"],
  ["a method that does not exist", "FOO /trpc/auth.me HTTP/1.1\r\nHost: x\r\n\r\n"],
  ["a header without a name", "GET / HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n"],
  [
    "two lengths",
    "POST /trpc/auth.signIn HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
  ],
  [
    "a length beside chunks",
    "POST /trpc/auth.signIn HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  ],
  ["headers without end", `GET / HTTP/1.1\r\nHost: x\r\nX: ${"y".repeat(300_000)}\r\n\r\n`],
])("%s gets a small 4xx that tells nothing", async (_, text) => {
  const answer = await raw(text);
  expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
  expect(answer.length).toBeLessThan(2000);
  expect(answer).not.toMatch(inside);
  expect(answer.toLowerCase()).toContain("x-content-type-options: nosniff");
});

describe("a procedure's path", () => {
  test.each([
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "__proto__.toString",
    "constructor.name",
    "auth.__proto__",
    "auth.constructor",
    "auth",
    "auth.",
    ".auth",
    "auth.signIn.call",
    "auth.signIn.",
    "AUTH.ME",
    "auth/me",
    "auth.me%00",
    "auth.me%0a",
    "..%2fauth.me",
    "%61uth%2eno",
    "",
    "_def",
    "createCaller",
  ])("%s is 404", async (path) => {
    for (const init of [
      {},
      { method: "POST", headers: { "content-type": "application/json" }, body: "{}" },
    ]) {
      const response = await server.fetch(`/trpc/${path}`, init);
      expect(response.status).toBe(404);
      const { error } = (await response.json()) as { error: { data: { reason: string } } };
      expect(error.data.reason).toBe("unknown_procedure");
    }
  });

  test("may be spelt with escapes, which change nothing", async () => {
    const { headers } = await server.fetch("/trpc/setup%2Estatus");
    expect(headers.get("ratelimit-policy")).toContain("general_address");
  });
});

describe("a batch", () => {
  const batch = (paths: string, init: RequestInit = {}) =>
    server.fetch(`/trpc/${paths}?batch=1`, init);

  test("has at most ten calls", async () => {
    const names = (count: number) => Array.from({ length: count }, () => "setup.status").join(",");
    const ten = await batch(names(10));
    expect(ten.status).toBe(200);
    expect(await ten.json()).toHaveLength(10);
    for (const count of [11, 500]) {
      const more = await batch(names(count));
      const text = await more.text();
      expect(more.status).toBe(400);
      expect(text).toContain("batch_too_large");
      expect(text.length).toBeLessThan(500);
    }
  });

  test.each([1, 4, 9, 10, 5000])("of %i commas is a small refusal", async (commas) => {
    for (const init of [
      {},
      { method: "POST", headers: { "content-type": "application/json" }, body: "{}" },
    ]) {
      const response = await batch(",".repeat(commas), init);
      const text = await response.text();
      expect([400, 404, 414, 431]).toContain(response.status);
      expect(text.length).toBeLessThan(3000);
    }
  });

  test.each(["[]", "7", '"x"', "null", "true"])("with %s for its inputs is 400", async (body) => {
    const headers = { "content-type": "application/json", "sec-fetch-site": "same-origin" };
    const response = await batch("auth.signIn,auth.signIn", { method: "POST", headers, body });
    expect(response.status).toBe(400);
  });

  test("keeps each call's own outcome", async () => {
    const response = await batch("setup.status,auth.me,no.such,auth.signOut");
    expect(response.status).toBe(207);
    const bodies = (await response.json()) as {
      result?: object;
      error?: { data: { reason: string } };
    }[];
    expect(bodies.map(({ error }) => error?.data.reason ?? "done")).toEqual([
      "done",
      "not_signed_in",
      "unknown_procedure",
      "method_not_supported",
    ]);
  });

  test("refuses an input for no call of it", async () => {
    const inputs = encodeURIComponent('{"__proto__":{"x":1},"length":2,"constructor":{"y":1}}');
    const response = await server.fetch(`/trpc/setup.status,setup.status?batch=1&input=${inputs}`);
    expect(response.status).toBe(400);
  });
});

describe("an error", () => {
  test("has code, reason and request id, and nothing else", async () => {
    const response = await server.fetch("/trpc/auth.me");
    expect(await response.json()).toEqual({
      error: {
        message: expect.any(String),
        code: -32_001,
        data: {
          code: "UNAUTHORIZED",
          reason: "not_signed_in",
          requestId: response.headers.get("x-request-id"),
        },
      },
    });
  });

  const keys = (count: number, name: (at: number) => string) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [name(at), at]));
  /** Eight filters, each with an unknown field of this name. */
  const props = (name: string) => ({
    props: Array.from({ length: 8 }, () => ({ op: "exists", path: "x", [name]: 1 })),
  });
  test.each([
    ["1,000 unknown keys", "agents.create", { name: "x", ...keys(1000, (at) => `key_${at}`) }],
    ["keys of control characters", "agents.create", keys(90, (at) => "\u0001".repeat(90) + at)],
    ["keys of wide characters", "agents.create", keys(90, (at) => "\u{1f600}".repeat(90) + at)],
    ["a key of 60,000 characters", "agents.create", { ["k".repeat(60_000)]: 1 }],
    ["control characters in many places", "events.search", props("\u0001".repeat(150))],
    ["lone surrogates in many places", "events.search", props("\ud800".repeat(150))],
  ])("is at most 4 KiB for %s", async (_, path, input) => {
    const answer = path.startsWith("events")
      ? await client.query(path, input)
      : await client.mutate(path, input);
    expect([answer.status, answer.error?.data.reason]).toEqual([400, "invalid_input"]);
    expect(Buffer.byteLength(JSON.stringify(answer.error))).toBeLessThanOrEqual(4096);
  });

  test("of a fault inside tells the request id and nothing of the fault", async () => {
    for (const mode of ["development", "production", "test", ""]) {
      const before = process.env.NODE_ENV;
      process.env.NODE_ENV = mode;
      await server.owner`alter table agents rename to hidden`;
      try {
        const answer = await client.query("agents.list");
        expect(answer.status).toBe(500);
        expect(answer.error).toEqual({
          message: "Something went wrong on the server.",
          code: -32_603,
          data: {
            code: "INTERNAL_SERVER_ERROR",
            reason: "internal",
            requestId: answer.headers.get("x-request-id"),
          },
        });
        const rest = await server.fetch("/api/v1/events?agentId=x");
        expect(await rest.text()).not.toMatch(inside);
      } finally {
        await server.owner`alter table hidden rename to agents`;
        if (before === undefined) delete process.env.NODE_ENV;
        else process.env.NODE_ENV = before;
      }
    }
  });

  test("never repeats what was secret in the input", async () => {
    const secret = "a very secret passphrase, mistyped";
    const answers = [
      await server.anonymous().mutate("auth.signIn", { email: client.email, password: secret }),
      await server.anonymous().mutate("auth.signIn", { email: "no address", password: secret }),
      await server
        .anonymous()
        .mutate("auth.signUp", { email: "a@example.org", password: secret, displayName: "" }),
      await client.mutate("account.changePassword", {
        currentPassword: password,
        password: secret.slice(0, 5),
      }),
    ];
    for (const { error } of answers)
      expect(JSON.stringify(error)).not.toContain(secret.slice(0, 5));
  });
});
