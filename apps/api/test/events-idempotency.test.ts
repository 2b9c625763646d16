import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { holdBatch } from "../src/features/events/held-batch.ts";
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
    const { body } = await send(server, key, [a, b, a, { ...b, seq: 3 }, {}, a]);
    expect(body).toMatchObject({ accepted: 2, duplicates: 2 });
    expect(
      body.rejected.map((one: { index: number; reason: string }) => [one.index, one.reason]),
    ).toEqual([
      [3, "id_conflict"],
      [4, "invalid_type"],
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
    const rules = { receivedAt: Date.now(), allowedTypes: [] };
    const parse = (event: object) => {
      const text = JSON.stringify(event);
      return parseEvent(
        event,
        { scanned: scanValue(text, 0), length: text.length, escapes: false },
        rules,
      );
    };
    const stores = Array.from({ length: 8 }, () => createStoreEvents(server.deps.database));
    for (let round = 0; round < 5; round += 1) {
      const events = batch(100);
      const answers = await Promise.all(
        stores.map(async (store, node) => {
          // Half the nodes send other content under the same ids, in another order.
          const sent = events.map((event) =>
            parse(node % 2 ? { ...event, message: "other" } : event),
          );
          if (node % 3 === 0) sent.reverse();
          const held = holdBatch({
            userId,
            agentId,
            apiKeyId,
            batchId: makeEvent().id,
            receivedAt: rules.receivedAt,
            events: sent,
            rejected: 0,
          });
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
