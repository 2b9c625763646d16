import { afterAll, beforeAll, expect, test } from "vitest";
import { makeEvent, makeSender, send } from "./events-sender.ts";
import { foldAllAgentCounters } from "./fold-all.ts";
import { must, startTestServer, type TestServer } from "./harness.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

type Sender = Awaited<ReturnType<typeof makeSender>>;

const deliveriesOf = async ({ member, agentId }: Sender) =>
  must(await member.query("agents.deliveries", { id: agentId }));
const numbered = (...seqs: number[]) => seqs.map((seq) => makeEvent({ seq }));
const adds = (counts: { sent: number; accepted: number; duplicates: number; rejected: number }) =>
  counts.sent === counts.accepted + counts.duplicates + counts.rejected;

test("what was sent with each key adds up at once, before and after it is folded", async () => {
  const sender = await makeSender(server);
  const { member, agentId, key, id } = sender;
  const none = { batches: 0, sent: 0, accepted: 0, duplicates: 0, rejected: 0 };
  expect(await deliveriesOf(sender)).toEqual({ total: none, keys: [], sequence: null });
  const input = { agentId, name: "second", scopes: ["events:write"] };
  const second = must(await member.mutate("apiKeys.create", input));
  const event = makeEvent();
  for (let round = 1; round <= 3; round += 1) {
    await send(server, key, [event, makeEvent(), { type: "NO" }]);
    await send(server, second.key, [event, { ...event, message: "other" }]);
    const { total, keys } = await deliveriesOf(sender);
    expect(total).toEqual({
      batches: 2 * round,
      sent: 5 * round,
      accepted: 1 + round,
      duplicates: 2 * round - 1,
      rejected: 2 * round,
    });
    const [one, two] = keys;
    expect(keys).toHaveLength(2);
    expect([one.apiKeyId, one.name, two.apiKeyId, two.name]).toEqual([
      id,
      "key",
      second.id,
      "second",
    ]);
    for (const counts of [total, ...keys]) expect(adds(counts)).toBe(true);
    if (round === 2) await foldAllAgentCounters(server);
  }
});

test("a gap in an agent's numbers is reported at once, until it is filled out of order", async () => {
  const sender = await makeSender(server);
  const sequence = async () => (await deliveriesOf(sender)).sequence;
  await send(server, sender.key, numbered(1, 2, 3, 7, 10, 9));
  const expected = { first: 1, last: 10, missing: 4, lost: 0 };
  await expect.poll(sequence).toEqual({
    ...expected,
    gaps: [
      { from: 8, to: 8 },
      { from: 4, to: 6 },
    ],
  });
  await send(server, sender.key, numbered(5, 8));
  await expect.poll(sequence).toEqual({
    ...expected,
    missing: 2,
    gaps: [
      { from: 6, to: 6 },
      { from: 4, to: 4 },
    ],
  });
  // Sent again by another key of the agent, and numbers that arrived before: nothing is counted twice.
  await send(server, sender.key, numbered(4, 6, 1, 2));
  await expect.poll(sequence).toEqual({ ...expected, missing: 0, gaps: [] });
});

test("a gap is reported at once although nothing can be folded", async () => {
  const sender = await makeSender(server);
  const sequence = async () => (await deliveriesOf(sender)).sequence;
  await send(server, sender.key, numbered(1, 2));
  await foldAllAgentCounters(server);
  await server.owner.begin(async (other) => {
    await other`select pg_advisory_xact_lock(hashtext('agent_counters'))`;
    await send(server, sender.key, numbered(5));
    await send(server, sender.key, numbered(4));
    expect(await sequence()).toEqual({
      first: 1,
      last: 5,
      missing: 1,
      lost: 0,
      gaps: [{ from: 3, to: 3 }],
    });
    const second = await makeSender(server);
    await send(server, second.key, numbered(7, 9));
    expect((await deliveriesOf(second)).sequence?.gaps).toEqual([{ from: 8, to: 8 }]);
  });
  await foldAllAgentCounters(server);
  expect((await sequence())?.missing).toBe(1);
});

test("a refused event leaves its number missing", async () => {
  const sender = await makeSender(server);
  await send(server, sender.key, [...numbered(1, 3), { type: "NO", seq: 2 }]);
  await foldAllAgentCounters(server);
  expect((await deliveriesOf(sender)).sequence?.gaps).toEqual([{ from: 2, to: 2 }]);
});

test("at most 100 ranges are kept apart, what is missing between older ones counts as lost", async () => {
  const sender = await makeSender(server);
  for (let batch = 0; batch < 3; batch += 1) {
    const seqs = Array.from({ length: 50 }, (_, n) => 2 * (batch * 50 + n));
    await send(server, sender.key, numbered(...seqs));
  }
  await send(server, sender.key, numbered(Number.MAX_SAFE_INTEGER));
  await foldAllAgentCounters(server);
  const sequence = (await deliveriesOf(sender)).sequence;
  expect(sequence).toMatchObject({ first: 0, last: Number.MAX_SAFE_INTEGER, lost: 51 });
  expect(sequence?.missing).toBe(Number.MAX_SAFE_INTEGER - 299 + 98);
  expect(sequence?.gaps).toHaveLength(20);
});

test("of an agent of someone else's are not there", async () => {
  const { agentId } = await makeSender(server);
  const stranger = await server.member();
  expect((await stranger.query("agents.deliveries", { id: agentId })).status).toBe(404);
});
