import { afterAll, beforeAll, expect, test } from "vitest";
import { createExpiry } from "../src/features/events/expire-events.ts";
import { createClock } from "./clock.ts";
import { wrongCounts } from "./events-recount.ts";
import { makeEvent, makeSender, searchAll, send } from "./events-sender.ts";
import { foldAllCounts } from "./fold-all.ts";
import { must, startTestServer, type TestServer } from "./harness.ts";

const day = 86_400_000;
const now = Date.now();

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

const countOf = async (table: string, userId: string) => {
  const [row] = await server.owner`
    select count(*)::int from ${server.owner(table)} where user_id = ${userId}`;
  return row?.count;
};
const partitions = async () => {
  const rows = await server.owner`
    select relname from pg_inherits join pg_class on oid = inhrelid
    where inhparent = 'events'::regclass order by 1`;
  return rows.map(({ relname }) => String(relname));
};
const total = (buckets: { count: number }[]) => buckets.reduce((sum, one) => sum + one.count, 0);

test("what a user no longer keeps is hidden at once and then deleted, with every trace, and nothing else", async () => {
  const clock = createClock();
  const sender = await makeSender(server);
  const other = await makeSender(server);
  const events = Array.from({ length: 60 }, (_, n) => makeEvent({}, now - n * day));
  await send(server, sender.key, events);
  await send(server, other.key, [makeEvent({}, now - 100 * day)]);
  await foldAllCounts(server);
  const { member, userId } = sender;
  must(await member.mutate("events.setRetention", { days: 30 }));
  expect(must(await member.query("events.retention"))).toEqual({ days: 30, instanceDays: null });

  const range = {
    from: new Date(now - 90 * day).toISOString(),
    to: new Date(now + day).toISOString(),
  };
  const shows = async () => [
    (await searchAll(member, { limit: 100 })).length,
    total(must(await member.query("events.timeseries", range)).buckets),
    must(await member.query("events.facets", { fields: ["type"] })).facets[0].values[0].count,
    (await member.query("events.get", { id: events[40]?.id })).status,
    (await member.query("events.get", { id: events[5]?.id })).status,
  ];
  expect(await shows()).toEqual([30, 30, 30, 404, 200]);

  const expire = createExpiry(server.deps.database, 0, clock.now);
  await expire();
  expect(await countOf("events", userId)).toBe(30);
  expect(await countOf("event_ids", userId)).toBe(30);
  expect(await wrongCounts(server)).toEqual([]);
  await foldAllCounts(server);
  await expire();
  expect(await wrongCounts(server)).toEqual([]);
  const [empty] = await server.owner`
    select count(*)::int from event_counts where 0 = all (counts)`;
  expect(empty?.count).toBe(0);
  expect(await shows()).toEqual([30, 30, 30, 404, 200]);
  expect(await countOf("events", other.userId)).toBe(1);
  // The receipt of this minute names events that are kept, so it stays until they go.
  expect(await countOf("receipts", userId)).toBe(1);
  clock.advance(33 * 86_400);
  await expire();
  expect(await countOf("receipts", userId)).toBe(0);
  expect(await countOf("receipts", other.userId)).toBe(1);
});

test("needs a fresh password, and a number of days that makes sense", async () => {
  const { member } = await makeSender(server);
  for (const days of [0, -1, 1.5, 40_000, "7"]) {
    const { status } = await member.mutate("events.setRetention", { days });
    expect(status).toBe(400);
  }
  must(await member.mutate("events.setRetention", { days: null }));
});

test("the instance's retention drops whole partitions, and waits for those who read", async () => {
  const sender = await makeSender(server);
  const old = Array.from({ length: 20 }, (_, n) => makeEvent({}, Date.UTC(2019, 3, 1) + n * day));
  await send(server, sender.key, [...old, makeEvent()]);
  await foldAllCounts(server);
  expect(await partitions()).toContain("events_2019");
  const expire = createExpiry(server.deps.database, 400, () => new Date(now));

  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let begin = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const reading = server.owner.begin(async (tx) => {
    await tx`select count(*) from events`;
    begin();
    await released;
  });
  await begun;
  const started = performance.now();
  await expire();
  expect(performance.now() - started).toBeLessThan(20_000);
  expect(await partitions()).toContain("events_2019");
  expect(await countOf("events", sender.userId)).toBe(1);
  expect(await countOf("event_ids", sender.userId)).toBe(1);
  release();
  await reading;

  // Of the server's own reads one may be under way for as long as a drop waits.
  const afterExpiry = async () => {
    await expire();
    return partitions();
  };
  await expect.poll(afterExpiry).not.toContain("events_2019");
  expect(await wrongCounts(server)).toEqual([]);
  // An event of that time is taken nevertheless.
  const { body } = await send(server, sender.key, [makeEvent({}, Date.UTC(2019, 5, 1))]);
  expect(body.accepted).toBe(1);
  expect(await partitions()).toContain("events_2019");
});

test("the application can drop nothing but partitions whose time is over", async () => {
  const { raw } = server.deps.database;
  const current = (await partitions()).at(-1) ?? "";
  await expect(raw`select drop_event_partition(${current})`).rejects.toThrow(/not the oldest/);
  await expect(raw`select drop_event_partition('users')`).rejects.toThrow(/not the oldest/);
  await expect(raw`select delete_event_blocks(${current}, 0, 10)`).rejects.toThrow(
    /not the oldest/,
  );
});

test("the next month's partition is made ahead, an old event's when it comes", async () => {
  const monthOf = (time: number) =>
    `events_${new Date(time).toISOString().slice(0, 7).replace("-", "_")}`;
  const date = new Date();
  const next = monthOf(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1));
  // As it will be when that month has begun.
  await server.owner`drop table ${server.owner(next)}`;
  expect(await partitions()).not.toContain(next);
  const clock = createClock();
  clock.advance(3600);
  const node = await startTestServer({ besides: server, now: clock.now });
  await expect.poll(partitions).toContain(next);
  await node.stop();
  const [may] = await server.owner`
    select count(*)::int from pg_class cross join aclexplode(relacl)
    where relname = ${next} and privilege_type = 'INSERT' and grantee <> relowner`;
  expect(may?.count).toBe(1);

  const { key, member } = await makeSender(server);
  expect(await partitions()).not.toContain("events_2004");
  const event = makeEvent({}, Date.UTC(2004, 1, 29));
  expect((await send(server, key, [event])).body.accepted).toBe(1);
  expect(await partitions()).toContain("events_2004");
  expect(must(await member.query("events.get", { id: event.id })).id).toBe(event.id);
});
