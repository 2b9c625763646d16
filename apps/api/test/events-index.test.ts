import { parseEventQuery } from "@muniment/shared/event-query/parse.ts";
import type { Event } from "@muniment/shared/events.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { chunkCondition, findCandidates } from "../src/features/events/candidates.ts";
import { createExpiry } from "../src/features/events/expire-events.ts";
import { indexUser } from "../src/features/events/index-events.ts";
import { matches } from "../src/features/events/matches.ts";
import { toQuestion } from "../src/features/events/question.ts";
import { makeEvent, makeSender, searchAll, send } from "./events-sender.ts";
import { must, startTestServer, type TestServer } from "./harness.ts";
import { indexAll } from "./index-all.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ env: { RATE_LIMIT_USER_MAX: "100000" } });
});
afterAll(() => server.stop());

const day = 86_400_000;
const now = Date.now();
const everything = {
  from: new Date(now - 41 * day).toISOString(),
  to: new Date(now + day).toISOString(),
};
type Sender = Awaited<ReturnType<typeof makeSender>>;

/** The same numbers from 0 to 1 in every run (mulberry32, public domain). */
function randomFrom(seed: number) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const words = [
  "kernel",
  "Panic",
  "user",
  "root",
  "İstanbul",
  "straße",
  "GET",
  "/api",
  "10.0.0.",
  "ab",
];

/** Events of any time of 40 days, most of them near each other, with all that a search can ask about. */
function randomEvents(count: number, random: () => number) {
  const pick = <T>(values: readonly T[]) => values[Math.floor(random() * values.length)] as T;
  const whole = (below: number) => Math.floor(random() * below);
  return Array.from({ length: count }, (_, n) =>
    makeEvent(
      {
        type: pick(["http.request", "ssh.login"]),
        level: random() < 0.01 ? "critical" : pick(["info", "warn"]),
        message:
          random() < 0.1 ? undefined : `${pick(words)} ${pick(words)}${whole(3000)} ${pick(words)}`,
        props: {
          user: `user${whole(2000)}`,
          n: random() < 0.5 ? whole(100) : pick([-0, 1e21, 0.1, "7", null, true]),
          ...(random() < 0.02 ? { rare: { deep: whole(9), "a.b": 1 } } : {}),
          list: [whole(5), { x: whole(5) }],
        },
      },
      random() < 0.05 ? now - whole(40) * day : now - (count - n) * 20_000 - whole(1000),
    ),
  );
}

const queries = [
  "kernel",
  '"kernel panic"',
  "PANIC17",
  "user1234",
  '"root istanbul"',
  "straße",
  "ab",
  "nowhere-at-all",
  "props.user:user77",
  "props.user:user77 OR props.user:user78 OR kernel1",
  "props.n=7",
  "props.n:7",
  'props.n="7"',
  "props.n=0",
  "props.n=null",
  "props.n>1e20",
  "props.n>99",
  "props.n>=99 level:warn",
  "props.n<0.5",
  "props.n<-1",
  "props.rare:*",
  "props.rare.deep:3",
  "props.rare.a.b:*",
  "props.list.0:3",
  "props.list.1.x:4 kernel",
  "props.list.x:*",
  "level:critical",
  "level>error",
  "level<info",
  "-level:info -level:warn",
  "level:critical type:ssh.login",
  "(kernel17 OR props.rare:*) -type:ssh.login",
  "kernel since:2d",
  "kernel until:2d",
];

async function expectSameAsFullScan({ member, userId }: Sender, some = queries): Promise<void> {
  const all: Event[] = await searchAll(member, { limit: 100 });
  for (const [place, query] of some.entries()) {
    const question = await toQuestion(server.deps, { userId, retentionDays: null }, { query });
    const passing = all.filter((event) => {
      const at = Date.parse(event.occurredAt);
      return at >= question.range.from && at < question.range.to && matches(question.query, event);
    });
    const found: Event[] = await searchAll(member, { query, limit: 100 });
    if (place % 4 > 0) continue;
    const chart = must(await member.query("events.timeseries", { query, ...everything }));
    const counts = chart.buckets.map(({ count }: { count: number }) => count);
    expect([query, counts.reduce((sum: number, count: number) => sum + count, 0)]).toEqual([
      query,
      passing.length,
    ]);
    expect([query, found.map(({ id }) => id)]).toEqual([query, passing.map(({ id }) => id)]);
  }
}

const indexSome = ({ userId }: Sender) => indexUser(server.deps.database, userId, null, 1);

const chunksOf = async ({ userId }: Sender) => {
  const [row] = await server.owner`
    select count(*)::int from event_chunks where user_id = ${userId}`;
  return row?.count;
};

async function sendAll({ key }: Sender, events: object[], after?: () => Promise<void>) {
  for (let from = 0; from < events.length; from += 100) {
    must({
      ...(await send(server, key, events.slice(from, from + 100))),
      data: {},
      error: null,
    } as never);
    await after?.();
  }
}

test("a search by text, property, level or agent answers as a look at every event does", async () => {
  const sender = await makeSender(server);
  // What lies before the end of the first chunk is looked at whatever the chunks say.
  await sendAll(sender, [makeEvent({}, now - 40.9 * day)], () => indexAll(server, sender.userId));
  // Before all others, so that no time of what is in no chunk leads to it.
  const oldest = makeEvent({ props: { rare: { deep: 1 } } }, now - 40.5 * day);
  const events = [oldest, ...randomEvents(1999, randomFrom(1))];
  await sendAll(sender, events.slice(0, 1700), () => indexAll(server, sender.userId));
  expect(await chunksOf(sender)).toBe(18);
  // What comes now is in no chunk.
  await sendAll(sender, events.slice(1700));
  await expectSameAsFullScan(sender);
  await expectSameAsFullScan(sender, [
    `agent:${sender.agentId} kernel1`,
    `agent:${makeEvent().id}`,
  ]);

  // That chunks are what is looked into: without them there is nothing.
  const rare: Event[] = await searchAll(sender.member, { query: "props.rare:*" });
  expect(rare.at(-1)?.id).toBe(oldest.id);
  await server.owner`
    delete from event_chunks
    where user_id = ${sender.userId} and newest >= ${oldest.occurredAt}::text::timestamptz`;
  const found = await searchAll(sender.member, { query: "props.rare:*" });
  expect(found.map((event) => event.id)).not.toContain(oldest.id);

  // In a database that was restored the index begins anew.
  await server.owner`update event_index set cluster = 'another' where user_id = ${sender.userId}`;
  await expectSameAsFullScan(sender, ["props.rare:*", "kernel1"]);
  await indexAll(server, sender.userId);
  expect(await chunksOf(sender)).toBeGreaterThan(6);
  await expectSameAsFullScan(sender, ["props.rare:*", "kernel1"]);
});

test("what is acknowledged is found at once while events come and are summed up", async () => {
  const sender = await makeSender(server);
  await sendAll(sender, randomEvents(1600, randomFrom(2)));
  let over = false;
  const summing = (async () => {
    while (!over) await indexSome(sender);
  })();
  for (let n = 0; n < 30; n += 1) {
    const old = { ...makeEvent({ message: `unmistakable-${n}-` }, now - 39 * day - n * 1000) };
    const more = randomEvents(40, randomFrom(100 + n));
    await Promise.all([
      send(server, sender.key, more),
      send(server, sender.key, [old]).then(async () => {
        const found = await searchAll(sender.member, { query: `"unmistakable-${n}-"` });
        expect(found.map(({ id }: { id: string }) => id)).toEqual([old.id]);
      }),
    ]);
  }
  over = true;
  await summing;
  await indexAll(server, sender.userId);
  await expectSameAsFullScan(sender, ["unmistakable", "props.rare:*", "props.n>99"]);
});

test("what came together of the past and the present keeps nothing in between from being left out", async () => {
  const { key, userId } = await makeSender(server);
  await send(server, key, [makeEvent({}, now - 39 * day)]);
  await indexAll(server, userId);
  const old = now - 30 * day;
  const { body } = await send(server, key, [makeEvent({}, old), makeEvent({}, now)]);
  expect(body.accepted).toBe(2);
  const condition = chunkCondition(parseEventQuery("kernel"));
  if (!condition) throw new Error("the chunks know nothing of it");
  const range = { from: now - 40 * day, to: now + day };
  const found = await findCandidates(
    server.deps.database.searches({ userId }),
    userId,
    condition,
    range,
  );
  const mayHold = (time: number) => found?.some(({ from, to }) => from <= time && time < to);
  expect([old, old + 15 * day, now].map(mayHold)).toEqual([true, false, true]);
});

test("an index ends with what its user keeps, and with the user", async () => {
  const sender = await makeSender(server);
  const events = Array.from({ length: 300 }, (_, n) =>
    makeEvent({ message: "old text" }, now - n * 3_600_000),
  );
  await sendAll(sender, events, () => indexAll(server, sender.userId));
  expect(await chunksOf(sender)).toBe(3);
  must(await sender.member.mutate("events.setRetention", { days: 5 }));
  await createExpiry(server.deps.database, 0, () => new Date(now))();
  expect(await chunksOf(sender)).toBe(2);
  expect(await searchAll(sender.member, { query: '"old text"', limit: 100 })).toHaveLength(120);
  // Their events are gone as well, so chunks tell of whatever will be there.
  const [index] = await server.owner`
    select untold_until from event_index where user_id = ${sender.userId}`;
  expect(index).toEqual({ untold_until: null });
});

test("what a longer retention shows again is found, although its chunks are gone", async () => {
  const sender = await makeSender(server);
  // All in the partition of one year, which is dropped when the year is past.
  const year = new Date(now).getUTCFullYear() - 2;
  const index = () => indexAll(server, sender.userId);
  const at = (month: number, fields: object) => makeEvent(fields, Date.UTC(year, month, 10));
  await sendAll(sender, [at(2, { message: "needle", props: { rare: 1 } })], index);
  await sendAll(sender, [at(4, { message: "hay" }), at(4, { message: "needle" })], index);
  expect(await chunksOf(sender)).toBe(2);
  await createExpiry(server.deps.database, 30, () => new Date(Date.UTC(year, 5, 1)))();
  expect(await chunksOf(sender)).toBe(1);
  const found = async (query: string) => (await searchAll(sender.member, { query })).length;
  expect([await found("needle"), await found("props.rare:1"), await found("")]).toEqual([2, 1, 3]);

  // What is older and comes later has chunks before them; one that a longer retention ends changes nothing.
  await sendAll(sender, [at(0, { message: "hay" })], index);
  expect(await chunksOf(sender)).toBe(2);
  expect([await found("needle"), await found("props.rare:1"), await found("")]).toEqual([2, 1, 4]);
  await createExpiry(server.deps.database, 100, () => new Date(Date.UTC(year, 5, 1)))();
  expect(await chunksOf(sender)).toBe(1);
  await sendAll(sender, [at(0, { message: "hay" })], index);
  expect(await chunksOf(sender)).toBe(2);
  expect([await found("needle"), await found("props.rare:1"), await found("")]).toEqual([2, 1, 5]);
});

test("what a longer retention shows again is found, although it was never in a chunk", async () => {
  const sender = await makeSender(server);
  const year = new Date(now).getUTCFullYear() - 2;
  const at = (month: number, message: string) => makeEvent({ message }, Date.UTC(year, month, 10));
  await sendAll(sender, [at(2, "needle")]);
  // As if it had come when it occurred, so that its receipt goes.
  await server.owner`
    update receipts set batch_id = '00000000-0000-7000-8000-000000000000'
    where user_id = ${sender.userId}`;
  await createExpiry(server.deps.database, 30, () => new Date(Date.UTC(year, 5, 1)))();
  await sendAll(sender, [at(0, "hay")], () => indexAll(server, sender.userId));
  expect(await chunksOf(sender)).toBe(1);
  const found: Event[] = await searchAll(sender.member, { query: "needle" });
  expect(found.map(({ message }) => message)).toEqual(["needle"]);
});

test("who has enough new events is marked as they are counted, summed up, and looked at no more", async () => {
  const { key, userId, agentId } = await makeSender(server);
  const other = await makeSender(server);
  const isBehind = async (id: string) => {
    const rows = await server.owner`select is_behind from event_index where user_id = ${id}`;
    return rows[0]?.is_behind;
  };
  const chunksOf = async (id: string) => {
    const rows = await server.owner`select 1 from event_chunks where user_id = ${id}`;
    return rows.length;
  };
  await send(server, other.key, [makeEvent()]);
  const batches = Array.from({ length: 4 }, () => Array.from({ length: 100 }, () => makeEvent()));
  for (const events of batches) await send(server, key, events);
  await expect.poll(() => chunksOf(userId)).toBeGreaterThan(0);
  await expect.poll(() => isBehind(userId)).toBe(false);
  expect(await chunksOf(other.userId)).toBe(0);

  // Many keys that bring little mark their user as one does that brings much.
  const marked = server.owner.begin(async (tx) => {
    await tx`
      insert into agent_counter_changes (user_id, agent_id, api_key_id, batches, sent, accepted,
        duplicates, rejected, last_received_at)
      select ${userId}, ${agentId}, gen_random_uuid(), 1, 5, 5, 0, 0, now() from generate_series(1, 300)`;
    // Waits for another that folds.
    await tx`select pg_advisory_xact_lock(hashtext('agent_counters'))`;
    await tx`select fold_agent_counters(10000)`;
    const [row] = await tx`select is_behind from event_index where user_id = ${userId}`;
    throw new Error(`rolled back, ${row?.is_behind}`);
  });
  await expect(marked).rejects.toThrow("rolled back, true");
});
