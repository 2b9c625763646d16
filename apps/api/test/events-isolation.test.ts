import { events } from "@muniment/db/schema/events.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeEvent, makeSender, send } from "./events-sender.ts";
import { foldAllAgentCounters } from "./fold-all.ts";
import { startTestServer, type TestServer } from "./harness.ts";

let server: TestServer;
let owner: Awaited<ReturnType<typeof makeSender>>;
let stranger: Awaited<ReturnType<typeof makeSender>>;
beforeAll(async () => {
  server = await startTestServer();
  owner = await makeSender(server);
  stranger = await makeSender(server);
  await send(server, owner.key, [makeEvent({ seq: 1 }), makeEvent({}, Date.UTC(2004, 1))]);
  await foldAllAgentCounters(server);
});
afterAll(() => server.stop());

const tables = ["events", "event_ids", "receipts", "agent_counters", "agent_sequences"] as const;

test("the database shows events to their user's scope only, without any condition in the query", async () => {
  const { database } = server.deps;
  const count = async (scope: { userId?: string }) =>
    (await database.reads(scope).select().from(events)).length;
  expect(await count({ userId: owner.userId })).toBe(2);
  expect(await count({ userId: stranger.userId })).toBe(0);
  expect(await count({})).toBe(0);
});

test.each(tables)(
  "without a scope the application sees and deletes nothing in %s",
  async (table) => {
    const { raw } = server.deps.database;
    expect(await raw`select * from ${server.owner(table)}`).toHaveLength(0);
    expect((await raw`delete from ${server.owner(table)}`).count).toBe(0);
    const [left] = await server.owner`select count(*)::int from ${server.owner(table)}`;
    expect(left?.count).toBeGreaterThan(0);
  },
);

test.each(tables)("the application cannot write %s", async (table) => {
  const { raw } = server.deps.database;
  const refused = expect.objectContaining({ code: "42501" });
  await expect(raw`insert into ${server.owner(table)} default values`).rejects.toEqual(refused);
  await expect(raw`update ${server.owner(table)} set user_id = user_id`).rejects.toEqual(refused);
});

test("the ingest role can read no event, receipt, user, session or key, and delete nothing", async () => {
  const { ingest } = server.deps.database;
  const refused = expect.objectContaining({ code: "42501" });
  const unreadable = [
    "events",
    "receipts",
    "users",
    "sessions",
    "api_keys",
    "agents",
    "audit_entries",
    "jobs",
  ];
  for (const table of unreadable) {
    await expect(ingest`select * from ${server.owner(table)}`).rejects.toEqual(refused);
  }
  await expect(ingest`select occurred_at from event_ids`).rejects.toEqual(refused);
  for (const table of tables) {
    await expect(ingest`delete from ${server.owner(table)}`).rejects.toEqual(refused);
  }
  for (const table of ["events", "event_ids", "receipts"]) {
    await expect(ingest`update ${server.owner(table)} set user_id = user_id`).rejects.toEqual(
      refused,
    );
  }
  expect(await ingest`select id from event_ids`).toHaveLength(2);
});

test("a partition cannot be reached around its table's policy", async () => {
  const partitions = await server.owner`
    select inhrelid::regclass::text as name from pg_inherits where inhparent = 'events'::regclass`;
  expect(partitions.length).toBeGreaterThan(2);
  const { raw, ingest } = server.deps.database;
  for (const { name } of partitions) {
    for (const sql of [raw, ingest]) {
      await expect(sql`select * from ${server.owner(name)}`).rejects.toMatchObject({
        code: "42501",
      });
    }
  }
});
