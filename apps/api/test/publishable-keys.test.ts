import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fromNewAddress } from "./addresses.ts";
import { makeEvent, makeSender } from "./events-sender.ts";
import { must, startTestServer, type TestServer, type UserClient } from "./harness.ts";

const page = "https://shop.example";
const scopes = ["events:write"];

let server: TestServer;
let owner: UserClient;
beforeAll(async () => {
  server = await startTestServer({
    env: {
      TRUST_PROXY: "1",
      CORS_ORIGINS: "https://app.example",
      PUBLISHABLE_RATE_LIMIT_MAX: "5",
      PUBLISHABLE_EVENTS_RATE_LIMIT_MAX: "20",
      RATE_LIMIT_MAX_REQUESTS: "30",
    },
  });
  await server.admin();
  owner = await server.member();
});
afterAll(() => server.stop());

const makeKey = (options: object = {}) =>
  server.apiKey(owner, { scopes, origins: [page], ...options });

type Headers = Record<string, string>;
const bodyOf = (count = 1) =>
  JSON.stringify({ events: Array.from({ length: count }, () => makeEvent()) });

/** What a page's `fetch` sends. */
const post = (key: string, headers: Headers, path = "/api/v1/events", body = bodyOf()) =>
  server.fetch(path, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: `Bearer ${key}`,
      ...fromNewAddress(),
      ...headers,
    },
    body,
  });

/** What a browser asks before. */
const ask = (origin: string, path = "/api/v1/events", headers: Headers = {}) =>
  server.fetch(path, {
    method: "OPTIONS",
    headers: {
      origin,
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization,content-type",
      ...fromNewAddress(),
      ...headers,
    },
  });

const corsOf = ({ headers }: Response) =>
  Object.fromEntries([...headers].filter(([name]) => name.startsWith("access-control-")));
const reasonOf = async (answer: Response) =>
  ((await answer.json()) as { error: { reason: string } }).error.reason;

describe("a publishable key", () => {
  test.each(["/api/v1/events", "/trpc/events.ingest"])(
    "sends from a page of its origin to %s, and the page may read the answer",
    async (path) => {
      const { key } = await makeKey();
      const asked = await ask(page, path);
      expect([asked.status, corsOf(asked)]).toEqual([
        204,
        {
          "access-control-allow-origin": page,
          "access-control-allow-methods": "POST",
          "access-control-allow-headers": "authorization, content-type",
          "access-control-expose-headers": "ratelimit, ratelimit-policy, retry-after, x-request-id",
          "access-control-max-age": "600",
        },
      ]);
      expect(asked.headers.get("vary")).toBe("Origin");
      const sent = await post(key, { origin: page }, path);
      expect(sent.status).toBe(200);
      expect(sent.headers.get("access-control-allow-origin")).toBe(page);
      expect(sent.headers.get("vary")).toBe("Origin");
      // No cookie of ours may ever go with it.
      expect(sent.headers.has("access-control-allow-credentials")).toBe(false);
    },
  );

  test.each([
    ["another page", "https://evil.example"],
    ["a page below its name", "https://a.shop.example"],
    ["a page that begins like it", "https://shop.example.evil.example"],
    ["its page without TLS", "http://shop.example"],
    ["its page on another port", "https://shop.example:8443"],
    ["a page without an origin", "null"],
    ["our own page", ""],
    ["no page at all", undefined],
  ])("does not work from %s", async (_, from) => {
    const { key } = await makeKey();
    const origin = from === "" ? server.deps.config.publicUrl.origin : from;
    const answer = await post(key, origin === undefined ? {} : { origin });
    expect([answer.status, await reasonOf(answer)]).toEqual([403, "origin_not_allowed"]);
    expect(corsOf(answer)).toEqual({});
  });

  test("does not work from a page of another key", async () => {
    const { key } = await makeKey();
    await makeKey({ origins: ["https://other.example"] });
    const answer = await post(key, { origin: "https://other.example" });
    expect([answer.status, await reasonOf(answer)]).toEqual([403, "origin_not_allowed"]);
  });

  test("can do nothing but send", async () => {
    const { key } = await makeKey();
    const headers = { origin: page, authorization: `Bearer ${key}` };
    for (const path of [
      "/api/v1/events",
      "/trpc/events.search",
      "/trpc/events.tail",
      "/trpc/events.facets",
      "/trpc/agents.list",
      "/trpc/apiKeys.list",
      "/trpc/auth.me",
    ]) {
      const answer = await server.fetch(path, { headers: { ...headers, ...fromNewAddress() } });
      expect([path, answer.status >= 401 && answer.status <= 403]).toEqual([path, true]);
      expect(corsOf(answer)).toEqual({});
    }
  });

  test.each([
    ["reading as well", { scopes: ["events:write", "events:read"] }],
    ["reading", { scopes: ["events:read"] }],
    ["a wildcard", { origins: ["*"] }],
    ["a wildcard for a part", { origins: ["https://*.shop.example"] }],
    ["any page without TLS", { origins: ["http://shop.example"] }],
    ["a path", { origins: ["https://shop.example/"] }],
    ["the origin of nothing", { origins: ["null"] }],
    ["a file", { origins: ["file://"] }],
    ["too many origins", { origins: Array.from({ length: 17 }, (_, n) => `https://${n}.example`) }],
  ])("is not made with %s", async (_, wrong) => {
    const { id: agentId } = must(await owner.mutate("agents.create", { name: "agent" }));
    const input = { agentId, name: "key", scopes, origins: [page], ...wrong };
    const answer = await owner.mutate("apiKeys.create", input);
    expect([answer.status, answer.error?.data.reason]).toEqual([400, "invalid_input"]);
  });

  test("cannot be more in the database either", async () => {
    const { id } = await makeKey();
    const widened = server.owner`
      update api_keys set scopes = '{events:write,events:read}' where id = ${id}`;
    await expect(widened).rejects.toMatchObject({ code: "23514" });
  });

  test("shows its pages to its owner, keeps them when rotated, and leaves them in the log", async () => {
    const { id } = await makeKey();
    const rotated = must(await owner.mutate("apiKeys.rotate", { id, overlapSeconds: 0 }));
    expect(rotated.origins).toEqual([page]);
    const { items } = must(await owner.query("apiKeys.list", { limit: 1 }));
    expect(items[0].origins).toEqual([page]);
    const admin = await server.admin();
    const entries = must(await admin.query("audit.search", { targetId: id })).items;
    const created = entries.find(({ action }: { action: string }) => action === "api_key.created");
    expect(created.details.origins).toEqual([page]);
  });

  test("is under a low limit for each address, and for its events from all of them", async () => {
    const { key } = await makeKey();
    const one = fromNewAddress();
    for (let call = 0; call < 5; call += 1) {
      expect((await post(key, { origin: page, ...one })).status).toBe(200);
    }
    const refused = await post(key, { origin: page, ...one });
    expect([refused.status, refused.headers.get("ratelimit-policy")]).toEqual([
      429,
      '"publishable_calls";q=5;w=60',
    ]);
    // The page must be able to see why, and when to come back.
    expect(refused.headers.get("access-control-allow-origin")).toBe(page);
    expect(refused.headers.get("access-control-expose-headers")).toContain("retry-after");
    expect((await post(key, { origin: page })).status).toBe(200);
    const many = await post(key, { origin: page }, "/api/v1/events", bodyOf(15));
    expect([many.status, many.headers.get("ratelimit-policy")]).toEqual([
      429,
      '"publishable_events";q=20;w=60',
    ]);
  });
});

describe("pages of others", () => {
  test("are told nothing where no key is for them, and nothing of a revoked one", async () => {
    const origin = "https://soon-gone.example";
    const before = await ask(origin);
    expect([before.status, corsOf(before)]).toEqual([405, {}]);
    const { id, key } = await makeKey({ origins: [origin] });
    expect((await ask(origin)).status).toBe(204);
    must(await owner.mutate("apiKeys.revoke", { id }));
    expect((await post(key, { origin })).status).toBe(401);
    server.deps.pageOrigins.forget();
    expect(corsOf(await ask(origin))).toEqual({});
  });

  test.each([
    "/trpc/events.search",
    "/trpc/events.ingest,auth.me",
    "/trpc/events.inges%74",
    "/trpc/auth.signIn",
    "/v1/logs",
    "/api/v1/events/",
    "/",
  ])("are told nothing of %s", async (path) => {
    await makeKey();
    expect(corsOf(await ask(page, path))).toEqual({});
    expect(corsOf(await post("mnt_wrong", { origin: page }, path, "{}"))).toEqual({});
  });

  test("may only post", async () => {
    await makeKey();
    const get = await ask(page, "/api/v1/events", { "access-control-request-method": "GET" });
    expect(corsOf(get)).toEqual({});
    const read = await server.fetch("/api/v1/events", { headers: { origin: page } });
    expect(corsOf(read)).toEqual({});
  });

  test("that act for a signed-in user with a cookie are refused as ever", async () => {
    await makeKey();
    const answer = await server.fetch("/trpc/agents.create", {
      method: "POST",
      headers: { "content-type": "application/json", origin: page, cookie: owner.cookie },
      body: JSON.stringify({ name: "mine" }),
    });
    expect(answer.status).toBe(403);
    const sent = await server.fetch("/api/v1/events", {
      method: "POST",
      headers: { "content-type": "application/json", origin: page, cookie: owner.cookie },
      body: bodyOf(),
    });
    expect(sent.status).toBe(403);
    expect(sent.headers.has("access-control-allow-credentials")).toBe(false);
  });

  test("made up in masses stop at the limit of their address, before the database", async () => {
    const address = fromNewAddress();
    const name = () => `https://${Math.random().toString(36).slice(2)}.example`;
    for (let asked = 0; asked < 30; asked += 1) await ask(name(), "/api/v1/events", address);
    await makeKey({ origins: ["https://late.example"] });
    expect((await ask("https://late.example", "/api/v1/events", address)).status).toBe(405);
    expect((await ask("https://late.example")).status).toBe(204);
  });

  test("of CORS_ORIGINS keep what they may do", async () => {
    const answer = await ask("https://app.example", "/trpc/auth.me");
    expect(corsOf(answer)).toMatchObject({
      "access-control-allow-origin": "https://app.example",
      "access-control-allow-credentials": "true",
    });
  });
});

test("a secret key is told nothing of pages", async () => {
  const { key } = await makeSender(server);
  const answer = await post(key, { origin: "https://anywhere.example" });
  expect([answer.status, corsOf(answer)]).toEqual([200, {}]);
});
