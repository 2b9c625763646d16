import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Batch, type HeldBatch, holdBatch } from "../src/features/events/held-batch.ts";
import { parseEvent } from "../src/features/events/parse-event.ts";
import { createStoreEvents } from "../src/features/events/store-events.ts";
import { scanValue } from "../src/json-text.ts";
import { makeEvent, makeSender, searchAll, send, sendText } from "./events-sender.ts";
import { startTestServer, type TestServer } from "./harness.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ env: { INGEST_EVENTS_RATE_LIMIT_MAX: "1000000" } });
});
afterAll(() => server.stop());

const batch = (count: number) => Array.from({ length: count }, (_, seq) => makeEvent({ seq }));

async function countersOf(apiKeyId: string) {
  const [row] = await server.owner`
    select batches::int, sent::int, accepted::int, duplicates::int, rejected::int
    from agent_totals where api_key_id = ${apiKeyId}`;
  return row;
}

type Sender = Pick<Batch, "userId" | "agentId" | "apiKeyId" | "receivedAt">;

/** A batch as it waits to be stored. */
function hold(sender: Sender, events: readonly object[], hasOwnReceipt = false): HeldBatch {
  const rules = { receivedAt: sender.receivedAt, allowedTypes: [] };
  const parsed = events.map((event) => {
    const text = JSON.stringify(event);
    const { length } = text;
    return parseEvent(event, { scanned: scanValue(text, 0), length, escapes: false }, rules);
  });
  const batchId = makeEvent().id;
  return holdBatch({ ...sender, batchId, events: parsed, rejected: 0, hasOwnReceipt });
}

describe("an id sent again", () => {
  test("with the same content is a duplicate, however it is written and whoever of the user sends it", async () => {
    const { member, key, agentId } = await makeSender(server);
    const event = makeEvent({ props: { a: 1, b: [1.5, { c: "é" }] } });
    expect((await send(server, key, [event])).body).toMatchObject({ accepted: 1, duplicates: 0 });
    const { id, type, occurredAt } = event;
    const rewritten = `{"events":[{ "props": {"b":[15e-1,{"c":"\\u00e9"}],"a":1.0}, "occurredAt":"${occurredAt}","type":"${type}","id":"${id}" }]}`;
    expect((await sendText(server, key, rewritten)).body).toMatchObject({
      accepted: 0,
      duplicates: 1,
      rejected: [],
    });
    const other = await server.apiKey(member);
    expect((await send(server, other.key, [event])).body).toMatchObject({
      accepted: 0,
      duplicates: 1,
    });
    expect(await searchAll(member)).toMatchObject([{ id, agentId }]);
  });

  const changes: [string, (event: ReturnType<typeof makeEvent>) => object][] = [
    ["another type", (event) => ({ ...event, type: "b" })],
    ["another time", (event) => ({ ...event, occurredAt: "2003-01-01T00:00:00.000Z" })],
    ["a default written out", (event) => ({ ...event, level: "info" })],
    ["empty props", (event) => ({ ...event, props: {} })],
    ["a field more", (event) => ({ ...event, message: "" })],
  ];
  test.each(changes)("with %s is refused, and changes nothing", async (_name, change) => {
    const { member, key } = await makeSender(server);
    const event = makeEvent();
    await send(server, key, [event]);
    const before = await searchAll(member);
    const { body } = await send(server, key, [makeEvent(), change(event)]);
    expect(body).toMatchObject({
      accepted: 1,
      duplicates: 0,
      rejected: [{ index: 1, reason: "id_conflict" }],
    });
    const after = await searchAll(member);
    expect(after.find(({ id }) => id === event.id)).toEqual(before[0]);
  });

  test("within one batch counts once, and the first of different ones wins", async () => {
    const { member, key } = await makeSender(server);
    const [a, b] = [makeEvent({ seq: 1 }), makeEvent({ seq: 2 })];
    const { body } = await send(server, key, [{}, a, b, a, { ...b, seq: 3 }, a]);
    expect(body).toMatchObject({ accepted: 2, duplicates: 2 });
    expect(
      body.rejected.map((one: { index: number; reason: string }) => [one.index, one.reason]),
    ).toEqual([
      [0, "invalid_type"],
      [4, "id_conflict"],
    ]);
    expect((await searchAll(member)).map(({ seq }) => seq).sort()).toEqual([1, 2]);
  });

  test("by another user is that user's own", async () => {
    const [one, other] = [await makeSender(server), await makeSender(server)];
    const event = makeEvent();
    for (const { key } of [one, other]) {
      expect((await send(server, key, [event])).body.accepted).toBe(1);
    }
    expect((await searchAll(one.member))[0].agentId).toBe(one.agentId);
    expect((await searchAll(other.member))[0].agentId).toBe(other.agentId);
  });
});

describe("the same ids from eight senders at once", () => {
  test("are stored once each, and every other one is told so", async () => {
    const { member, key, id } = await makeSender(server);
    const rounds = [];
    for (let round = 0; round < 5; round += 1) {
      const events = batch(100);
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, sender) =>
          send(server, key, sender % 2 ? [...events].reverse() : events),
        ),
      );
      const sum = (name: string) => answers.reduce((total, { body }) => total + body[name], 0);
      expect([sum("accepted"), sum("duplicates")]).toEqual([100, 700]);
      rounds.push(...events);
    }
    const stored = await searchAll(member, { limit: 100 });
    expect(stored.map((event) => event.id).sort()).toEqual(rounds.map((event) => event.id).sort());
    expect(await countersOf(id)).toEqual({
      batches: 40,
      sent: 4000,
      accepted: 500,
      duplicates: 3500,
      rejected: 0,
    });
  });

  test("with different content are stored once each, in transactions that race", async () => {
    const { member, userId, agentId, id: apiKeyId } = await makeSender(server);
    const receivedAt = Date.now();
    const stores = Array.from({ length: 8 }, () => createStoreEvents(server.deps.database));
    for (let round = 0; round < 5; round += 1) {
      const events = batch(100);
      const answers = await Promise.all(
        stores.map(async (store, node) => {
          // Half the nodes send other content under the same ids, in another order.
          const sent = node % 2 ? events.map((event) => ({ ...event, message: "other" })) : events;
          if (node % 3 === 0) sent.reverse();
          const held = hold({ userId, agentId, apiKeyId, receivedAt }, sent);
          const [answer] = await store([held]);
          return { accepted: answer?.accepted ?? 0, conflicts: answer?.conflicts.length ?? 0 };
        }),
      );
      const accepted = answers.map((answer) => answer.accepted);
      const winners = accepted.reduce((sum, count) => sum + count, 0);
      expect(winners).toBe(100);
      // Of each id the four nodes of the other content conflict, whichever of the two won.
      expect(answers.reduce((sum, { conflicts }) => sum + conflicts, 0)).toBe(400);
    }
    expect(await searchAll(member, { limit: 100 })).toHaveLength(500);
    expect(await countersOf(apiKeyId)).toEqual({
      batches: 40,
      sent: 4000,
      accepted: 500,
      duplicates: 1500,
      rejected: 2000,
    });
  });
});

test("sent = accepted + duplicates + rejected, in every receipt and in the counters of every key", async () => {
  const { member, key, id } = await makeSender(server);
  const second = await server.apiKey(member);
  const known = batch(30);
  const sums = new Map<string, Record<string, number>>();
  const sendMix = async (round: number) => {
    const [keyId, secret] = round % 2 ? [id, key] : [second.id, second.key];
    const bad = Array.from({ length: round % 5 }, () => ({ type: "NO" }));
    const conflicting = known
      .slice(0, round % 3)
      .map((event) => ({ ...event, message: `${round}` }));
    const events =
      round % 7 === 0 ? [1, 2, 3] : [...known.slice(5), ...bad, ...conflicting, ...batch(round)];
    const { body } = await send(server, secret, events);
    expect(body.accepted + body.duplicates + body.rejected.length).toBe(events.length);
    const sum = sums.get(keyId) ?? { batches: 0, sent: 0, accepted: 0, duplicates: 0, rejected: 0 };
    sums.set(keyId, sum);
    const add = {
      batches: 1,
      sent: events.length,
      accepted: body.accepted,
      duplicates: body.duplicates,
      rejected: body.rejected.length,
    };
    for (const [name, count] of Object.entries(add)) sum[name] = (sum[name] ?? 0) + count;
  };
  await send(server, second.key, known.slice(0, 5));
  sums.set(second.id, { batches: 1, sent: 5, accepted: 5, duplicates: 0, rejected: 0 });
  await Promise.all(Array.from({ length: 40 }, (_, round) => sendMix(round)));
  for (const keyId of [id, second.id]) expect(await countersOf(keyId)).toEqual(sums.get(keyId));
  const [own, other] = [sums.get(id), sums.get(second.id)];
  expect(await searchAll(member, { limit: 100 })).toHaveLength(
    (own?.accepted ?? 0) + (other?.accepted ?? 0),
  );
});

test("small batches of a user that are stored together share a receipt, in the order sent", async () => {
  const receivedAt = Date.now();
  const [own, other] = [await makeSender(server), await makeSender(server)];
  const [one, two] = [own, other].map(({ userId, agentId, id }) => ({
    ...{ userId, agentId, apiKeyId: id, receivedAt },
  })) as [Sender, Sender];
  const known = batch(1);
  await createStoreEvents(server.deps.database)([hold(one, known)]);
  const all = [
    hold(one, batch(1)),
    hold(two, batch(1)),
    hold(one, [...batch(1), ...known]),
    hold(one, batch(2), true),
    hold(one, batch(90)),
    hold(two, batch(2)),
    hold(one, batch(9)),
    hold(one, batch(1)),
    hold(one, batch(1)),
    hold(one, known),
  ];
  await createStoreEvents(server.deps.database)(all);
  const receipts = async (userId: string) => {
    const rows = await server.owner`
      select batch_id as "batchId", event_ids as ids, event_times as times from receipts
      where user_id = ${userId} order by commit_xid, position`;
    return rows.map(({ batchId, ids, times }) => ({ batchId, ids, count: times.length }));
  };
  const ofBatches = (...places: number[]) => {
    const shared = places.map((place) => all[place] as HeldBatch);
    const ids = shared.flatMap(({ events }) => events.map(({ id }) => id));
    const stored = ids.filter((id) => id !== known[0]?.id);
    return { batchId: shared.at(-1)?.batchId, ids: stored, count: stored.length };
  };
  expect((await receipts(one.userId)).slice(1)).toEqual([
    ofBatches(0, 2),
    ofBatches(3),
    ofBatches(4, 6, 7),
    ofBatches(8),
  ]);
  expect(await receipts(two.userId)).toEqual([ofBatches(1, 5)]);
});

test("a batch that the database refuses fails alone, and nothing of it is stored", async () => {
  const { member, key, id } = await makeSender(server);
  await server.owner.unsafe(`
    create function refuse_poison() returns trigger language plpgsql as $$
      begin if new.type = 'poison' then raise exception 'poisoned'; end if; return new; end $$;
    create trigger refuse_poison before insert on events for each row execute function refuse_poison()`);
  const batches = Array.from({ length: 24 }, (_, n) =>
    n % 8 === 5 ? [...batch(3), makeEvent({ type: "poison" })] : batch(4),
  );
  const answers = await Promise.all(batches.map((events) => send(server, key, events)));
  const statuses = answers.map(({ status }) => status);
  expect(statuses).toEqual(batches.map((_, n) => (n % 8 === 5 ? 500 : 200)));
  expect(answers[5]?.body.error).toMatchObject({
    reason: "internal",
    requestId: expect.any(String),
  });
  expect(JSON.stringify(answers[5]?.body)).not.toContain("poison");
  expect(await searchAll(member, { limit: 100 })).toHaveLength(84);
  expect(await countersOf(id)).toMatchObject({ batches: 21, sent: 84, accepted: 84 });
});
