import { createHmac, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createFolding } from "../src/audit/folding.ts";
import { createRefusals } from "../src/audit/refusals.ts";
import type { Context } from "../src/trpc/context.ts";
import { must, startTestServer, type TestServer } from "./harness.ts";
import { lockWaits } from "./lock-waits.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await server.admin();
});
afterAll(() => server.stop());

const key = Buffer.alloc(32, 1);

test("nodes that count the same refusals in another order do not deadlock", async () => {
  const now = server.deps.now();
  const folding = createFolding(server.deps.database, server.deps.dataKeys, key, () => now);
  const node = createRefusals(folding, server.deps.sightings, () => now, server.deps.log);
  const minute = new Date(Math.floor(now.getTime() / 60_000) * 60_000);
  const hash = (caller: string) =>
    createHmac("sha256", key).update(caller).digest("base64url").slice(0, 22);
  const [first = "", second = ""] = ["192.0.2.1 ", "192.0.2.2 "].map(hash).sort();
  for (const address of ["192.0.2.2", "192.0.2.1"]) {
    const request = { id: address, address, userAgent: "" };
    const identify = async () => ({ kind: "anonymous" });
    node.record({ request, identify } as Context, "auth.me", "not_signed_in");
  }
  await sleep(10);
  let flushed: Promise<void> | undefined;
  await server.owner.begin(async (sql) => {
    const count = (caller: string) => sql`
      insert into audit_refusals
        (id, at, actor_kind, action, outcome, details, personal, minute, caller, procedure, reason, count)
      values (gen_random_uuid(), ${now}, 'anonymous', 'call.refused', 'refused', '{}', '{}', ${minute},
        ${caller}, 'auth.me', 'not_signed_in', 1)`;
    await count(first);
    flushed = folding.flush();
    await expect.poll(() => lockWaits(server)).toBeGreaterThan(0);
    await count(second);
  });
  await flushed;
  const rows = await server.owner`
    select count from audit_refusals where caller in (${first}, ${second})`;
  expect(rows.map(({ count }) => count)).toEqual([2, 2]);
});

test("beyond the first thousands of a moment, refusals share an entry that names nobody", async () => {
  const folding = createFolding(server.deps.database, server.deps.dataKeys, key, server.deps.now);
  const node = createRefusals(folding, server.deps.sightings, server.deps.now, server.deps.log);
  for (let index = 0; index < 5003; index += 1) {
    const address = `198.51.${index >> 8}.${index & 255}`;
    const request = { id: address, address, userAgent: "curl" };
    const identify = async () => ({ kind: "user", userId: randomUUID(), email: "a@example.com" });
    node.record(
      { request, identify } as unknown as Context,
      "users.list",
      "not_permitted",
      "x@y.z",
    );
  }
  await sleep(10);
  await folding.flush();
  const [many] = await server.owner`select * from audit_refusals where caller = 'many'`;
  expect(many).toMatchObject({ count: 3, actor_kind: "anonymous", actor_id: null, personal: {} });
});

test("changed limits and uses of keys reach the database though refusals cannot", async () => {
  const member = await server.member();
  const { id, key } = await server.apiKey(member);
  await server.owner`alter table audit_refusals rename to hidden_refusals`;
  try {
    expect((await member.query("users.list")).status).toBe(403);
    await server.anonymous({ authorization: `Bearer ${key}` }).query("events.search");
    await server.owner`
      insert into limit_overrides (name, points, duration_seconds, changed_at)
      values ('mail', 7, 60, now())`;
    const used = async () =>
      must(await member.query("apiKeys.list")).items.find((item: { id: string }) => item.id === id)
        .lastUsedAt;
    await expect.poll(used).not.toBeNull();
    await expect.poll(() => server.deps.limits.rule("mail").rule.points).toBe(7);
  } finally {
    await server.owner`alter table hidden_refusals rename to audit_refusals`;
  }
});
