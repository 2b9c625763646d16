import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient } from "./client.ts";
import { must, startTestServer, type TestServer, type UserClient } from "./harness.ts";

let here: TestServer;
let there: TestServer;
let owner: UserClient;
beforeAll(async () => {
  here = await startTestServer();
  there = await startTestServer({ besides: here });
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

/** Calls again and again, so that whatever the node remembers is fresh, until refused; how long that took. */
async function millisecondsUntil401(call: () => Promise<{ status: number }>) {
  const from = performance.now();
  while ((await call()).status !== 401) {
    if (performance.now() - from > 3000) throw new Error("still accepted after 3 s");
  }
  return performance.now() - from;
}

test("a key revoked on one node is dead within a second on the other", async () => {
  const { id, key } = await here.apiKey(owner);
  const call = () => keyAt(there, key).query("events.search");
  expect((await call()).status).toBe(200);
  must(await owner.mutate("apiKeys.revoke", { id }));
  expect((await keyAt(here, key).query("events.search")).status).toBe(401);
  expect(await millisecondsUntil401(call)).toBeLessThan(1000);
});

test("a session ended on one node is dead within a second on the other", async () => {
  const client = await here.member();
  const other = elsewhere(client);
  expect((await other.query("auth.me")).status).toBe(200);
  must(await client.mutate("auth.signOut"));
  expect(await millisecondsUntil401(() => other.query("auth.me"))).toBeLessThan(1000);
});

test("a user disabled on one node is out within a second on the other", async () => {
  const admin = await here.user("admin");
  const client = await there.member();
  const { key } = await there.apiKey(client);
  const call = () => keyAt(there, key).query("events.search");
  expect([(await client.query("auth.me")).status, (await call()).status]).toEqual([200, 200]);
  must(await admin.mutate("users.disable", { id: client.id }));
  const times = [millisecondsUntil401(() => client.query("auth.me")), millisecondsUntil401(call)];
  for (const time of await Promise.all(times)) expect(time).toBeLessThan(1000);
});

test("a session and a key made on one node work at once on the other", async () => {
  const client = await here.member();
  expect(must(await elsewhere(client).query("auth.me")).id).toBe(client.id);
  const { key } = await here.apiKey(client);
  expect((await keyAt(there, key).query("events.search")).status).toBe(200);
});
