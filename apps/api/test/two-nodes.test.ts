import { afterAll, beforeAll, expect, test } from "vitest";
import { type Client, createClient } from "./client.ts";
import { must, password, startTestServer, type TestServer, type UserClient } from "./harness.ts";

let here: TestServer;
let there: TestServer;
let owner: UserClient;
beforeAll(async () => {
  here = await startTestServer();
  // Behind one address, as nodes are.
  const env = { PUBLIC_URL: here.deps.config.publicUrl.origin };
  there = await startTestServer({ besides: here, env });
  owner = await here.member();
});
afterAll(async () => {
  await there.stop();
  await here.stop();
});

/** The same browser at the other node. */
function elsewhere(client: { cookie: string }) {
  const other = there.anonymous();
  other.cookie = client.cookie;
  return other;
}

const keyAt = (server: TestServer, key: string) =>
  createClient(server.url, { authorization: `Bearer ${key}` });

/** A stream that is open, told by its first message, and what comes when it ends. */
async function streamAt(server: TestServer, headers: Record<string, string>) {
  const response = await fetch(`${server.url}/trpc/events.tail`, { headers });
  expect(response.status).toBe(200);
  const reader = response.body?.getReader();
  const opened = await reader?.read();
  const ended = (async () => {
    for (let part = opened; part && !part.done; ) part = await reader?.read();
  })();
  return { opened, ended };
}

/**
 * Calls again and again, so that whatever the node remembers is fresh, until refused. Answers when the
 * last accepted call began, and how long the slowest took: what a busy machine adds to every time.
 */
async function untilRefused(call: () => Promise<{ status: number }>) {
  const from = performance.now();
  let lastAccepted = 0;
  let slowest = 0;
  for (;;) {
    const began = performance.now() - from;
    const { status } = await call();
    slowest = Math.max(slowest, performance.now() - from - began);
    if (status === 401) return { lastAccepted, slowest };
    lastAccepted = began;
    if (began > 3000) throw new Error("still accepted after 3 s");
  }
}

test("a key revoked on one node is dead within a second on the other", async () => {
  const { id, key } = await here.apiKey(owner);
  const call = () => keyAt(there, key).query("events.search");
  expect((await call()).status).toBe(200);
  must(await owner.mutate("apiKeys.revoke", { id }));
  expect((await keyAt(here, key).query("events.search")).status).toBe(401);
  expect((await untilRefused(call)).lastAccepted).toBeLessThan(1000);
});

test("a session ended on one node is dead within a second on the other", async () => {
  const client = await here.member();
  const other = elsewhere(client);
  expect((await other.query("auth.me")).status).toBe(200);
  must(await client.mutate("auth.signOut"));
  expect((await untilRefused(() => other.query("auth.me"))).lastAccepted).toBeLessThan(1000);
});

type Ends = (followed: Client, other: Client) => Promise<unknown>;

test.each<[string, Ends]>([
  ["auth.signOut", async (followed) => must(await followed.mutate("auth.signOut"))],
  [
    "sessions.revoke",
    async (followed, other) => {
      const { items } = must(await followed.query("sessions.list"));
      const { id } = items.find((session: { current: boolean }) => session.current);
      must(await other.mutate("sessions.revoke", { id }));
    },
  ],
  ["sessions.revokeOthers", async (_, other) => must(await other.mutate("sessions.revokeOthers"))],
])("%s on one node ends the session's stream on the other in two seconds", async (_name, end) => {
  const other = await here.member();
  const followed = await here.signIn(other.email);
  const [theirs, others] = await Promise.all(
    [followed, other].map(({ cookie }) => streamAt(there, { cookie })),
  );
  expect([theirs?.opened?.done, others?.opened?.done]).toEqual([false, false]);
  await end(followed, other);
  const from = performance.now();
  const browser = elsewhere(followed);
  const { slowest } = await untilRefused(() => browser.query("auth.me"));
  await theirs?.ended;
  expect(performance.now() - from).toBeLessThan(2000 + slowest);
  // No stream but that one ends.
  const still = await Promise.race([others?.ended, elsewhere(other).query("auth.me")]);
  expect(still?.status).toBe(200);
});

test.each(["disable", "delete"])(
  "a user whom an administrator can %s is out everywhere in a second, streams in two (V7.4.2)",
  async (act) => {
    const admin = await here.user("admin");
    const client = await here.member();
    const { key } = await here.apiKey(client);
    const { accessToken, refreshToken } = must(
      await createClient(here.url).mutate("tokens.issue", { email: client.email, password }),
    );
    const browser = elsewhere(client);
    const calls = [
      () => browser.query("auth.me"),
      () => keyAt(there, key).query("events.search"),
      () => keyAt(there, accessToken).query("auth.me"),
    ];
    for (const call of calls) expect((await call()).status).toBe(200);
    const streams = [
      { cookie: client.cookie },
      { authorization: `Bearer ${key}` },
      { authorization: `Bearer ${accessToken}` },
    ].map((headers) => streamAt(there, headers));
    await Promise.all(streams.map(async (stream) => (await stream).opened));
    must(await admin.mutate(`users.${act}`, { id: client.id }));
    const from = performance.now();
    const ended = streams.map(async (stream) => {
      await (await stream).ended;
      return performance.now() - from;
    });
    const refused = await Promise.all(calls.map(untilRefused));
    for (const { lastAccepted } of refused) expect(lastAccepted).toBeLessThan(1000);
    const slowest = Math.max(...refused.map((times) => times.slowest));
    for (const time of await Promise.all(ended)) expect(time).toBeLessThan(2000 + slowest);
    const again = createClient(there.url).mutate("tokens.refresh", { refreshToken });
    expect((await again).status).toBe(401);
  },
);

test("a session and a key made on one node work at once on the other", async () => {
  const client = await here.member();
  expect(must(await elsewhere(client).query("auth.me")).id).toBe(client.id);
  const { key } = await here.apiKey(client);
  expect((await keyAt(there, key).query("events.search")).status).toBe(200);
});
