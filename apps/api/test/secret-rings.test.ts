import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient } from "./client.ts";
import { must, startTestServer, type TestServer, type UserClient } from "./harness.ts";

const element = () => randomBytes(36).toString("base64url");
const [older, newer, third] = [element(), element(), element()];

let server: TestServer;
let owner: UserClient;
beforeAll(async () => {
  server = await startTestServer({ env: { API_KEY_SECRET: older, JWT_SECRET: older.slice(1) } });
  owner = await server.member();
});
afterAll(() => server.stop());

/** Starts the server anew with other secrets, for as long as `act` takes. */
async function restarted<T>(env: Record<string, string>, act: (node: TestServer) => Promise<T>) {
  const node = await startTestServer({ env, besides: server });
  try {
    return await act(node);
  } finally {
    await node.stop();
  }
}

const status = async (node: TestServer, key: string) =>
  (await createClient(node.url, { authorization: `Bearer ${key}` }).query("events.search")).status;

function at(node: TestServer) {
  const client = node.anonymous();
  client.cookie = owner.cookie;
  return client;
}

test("keys stored under an older element work while it is in the ring, and new ones use the newest", async () => {
  const { key } = await server.apiKey(owner);
  const fresh = await restarted({ API_KEY_SECRET: `${newer},${older}` }, async (node) => {
    const made = await node.apiKey(at(node));
    expect(await status(node, made.key)).toBe(200);
    return made.key;
  });
  await restarted({ API_KEY_SECRET: `${third},${newer}` }, async (node) => {
    expect(await status(node, key)).toBe(401);
  });
  await restarted({ API_KEY_SECRET: older }, async (node) => {
    expect(await status(node, key)).toBe(200);
    expect(await status(node, fresh)).toBe(401);
  });
});

test("a key that is used is stored under the newest element from then on, and one that cannot be used is not", async () => {
  const [used, revoked] = [await server.apiKey(owner), await server.apiKey(owner)];
  must(await owner.mutate("apiKeys.revoke", { id: revoked.id }));
  const ids = [used.id, revoked.id];
  const stored = async () => {
    const rows = await server.owner`
      select id, hmac_key, encode(hmac, 'hex') as hmac from api_keys where id = any(${ids}) order by id`;
    return new Map(rows.map((row) => [row.id, row]));
  };
  const before = await stored();
  await restarted({ API_KEY_SECRET: `${newer},${older}` }, async (node) => {
    expect(await status(node, used.key)).toBe(200);
    expect(await status(node, revoked.key)).toBe(401);
    const changed = async () => (await stored()).get(used.id)?.hmac !== before.get(used.id)?.hmac;
    await expect.poll(changed).toBe(true);
  });
  const after = await stored();
  expect(after.get(used.id)?.hmac_key).not.toBe(before.get(used.id)?.hmac_key);
  expect(after.get(revoked.id)).toEqual(before.get(revoked.id));
  await restarted({ API_KEY_SECRET: newer }, async (node) => {
    expect(await status(node, used.key)).toBe(200);
  });
});

test("rotating within the ring stores the successor under the newest element", async () => {
  const { id } = await server.apiKey(owner);
  const successor = await restarted({ API_KEY_SECRET: `${newer},${older}` }, async (node) =>
    must(await at(node).mutate("apiKeys.rotate", { id, overlapSeconds: 60 })),
  );
  await restarted({ API_KEY_SECRET: newer }, async (node) =>
    expect(await status(node, successor.key)).toBe(200),
  );
});

test("a cursor of an older element goes on", async () => {
  for (let count = 0; count < 3; count += 1)
    must(await owner.mutate("agents.create", { name: "x" }));
  const { nextCursor } = must(await owner.query("agents.list", { limit: 1 }));
  await restarted({ JWT_SECRET: `${third},${older.slice(1)}` }, async (node) => {
    const cursor = nextCursor;
    expect((await at(node).query("agents.list", { cursor })).status).toBe(200);
  });
});

test("another cursor secret makes cursors invalid and harms nothing else", async () => {
  for (let count = 0; count < 3; count += 1)
    must(await owner.mutate("agents.create", { name: "x" }));
  const { nextCursor } = must(await owner.query("agents.list", { limit: 1 }));
  await restarted({ JWT_SECRET: third }, async (node) => {
    expect((await at(node).query("agents.list", { cursor: nextCursor })).status).toBe(400);
    expect((await at(node).query("agents.list")).status).toBe(200);
  });
});
