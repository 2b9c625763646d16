import type { Anomaly } from "@muniment/shared/insights.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createClock } from "./clock.ts";
import { makeEvent, makeSender, searchAll, send } from "./events-sender.ts";
import { must, startTestServer, type TestServer } from "./harness.ts";

const hour = 3_600_000;
const days = 12;
const clock = createClock();
// Some minutes after the start of an hour, so that none ends within the tests.
clock.advance(4200 - ((clock.now().getTime() / 1000) % 3600));
/** The end of the last whole hour. */
const end = Math.floor(clock.now().getTime() / hour) * hour;
const spikeAt = end - 30 * hour;
const failed = "ssh.login.failed";

let server: TestServer;
let sender: Awaited<ReturnType<typeof makeSender>>;
beforeAll(async () => {
  server = await startTestServer({ env: { RATE_LIMIT_USER_MAX: "100000" }, now: clock.now });
  sender = await makeSender(server, { scopes: ["events:read", "events:write"] });
  const events = Array.from({ length: days * 24 }, (_, n) => end - (n + 1) * hour).flatMap((at) =>
    [0, 1, 2].map((n) => makeEvent({ type: failed }, at + n * 1000)),
  );
  const some = (number: number, type: string, at: number) =>
    Array.from({ length: number }, (_, n) => makeEvent({ type }, at + n));
  events.push(...some(60, failed, spikeAt), ...some(25, "disk.full", end - 3 * hour));
  for (let from = 0; from < events.length; from += 100) {
    expect((await send(server, sender.key, events.slice(from, from + 100))).status).toBe(200);
  }
});
afterAll(() => server.stop());

const anomalies = (input?: object, client = sender.member) =>
  client.query("insights.anomalies", input);
const items = async (input?: object): Promise<Anomaly[]> => must(await anomalies(input)).items;

describe("insights.anomalies", () => {
  test("explains what stands out by agent and type, newest first, with times in UTC", async () => {
    const [newcomer, spike, ...others] = await items();
    expect(others).toEqual([]);
    expect(newcomer).toMatchObject({ direction: "new", type: "disk.full", count: 25, low: 0 });
    expect(spike).toMatchObject({
      agentId: sender.agentId,
      type: failed,
      direction: "more",
      start: new Date(spikeAt).toISOString(),
      end: new Date(spikeAt + hour).toISOString(),
      at: new Date(spikeAt).toISOString(),
      hours: 1,
      count: 63,
    });
    const { low, high, score = 0 } = spike ?? {};
    expect(spike?.explanation).toBe(
      `63 events where ${low} to ${high} are usual at this hour, score ${Math.round(score)}`,
    );
    expect(await items()).toEqual([newcomer, spike]);
  });

  test("counts what a search of that hour finds", async () => {
    const [spike] = await items({ type: failed });
    const found = await searchAll(sender.member, {
      ...{ agentId: spike?.agentId, types: [failed] },
      ...{ from: spike?.at, to: new Date(spikeAt + hour).toISOString(), limit: 100 },
    });
    expect(found).toHaveLength(63);
  });

  test("is asked for a range, an agent and a type", async () => {
    const to = new Date(end - 24 * hour).toISOString();
    expect(await items({ to })).toMatchObject([{ type: failed }]);
    expect(await items({ from: to })).toMatchObject([{ type: "disk.full" }]);
    expect(await items({ type: "disk.full" })).toMatchObject([{ direction: "new" }]);
    expect(await items({ type: "no.such" })).toEqual([]);
    expect(await items({ agentId: sender.agentId })).toHaveLength(2);
    expect(await items({ agentId: sender.userId })).toEqual([]);
    expect(await items({ from: new Date(end + 30 * 24 * hour).toISOString() })).toEqual([]);
    const wide = { from: new Date(end - 40 * 24 * hour).toISOString() };
    expect(await anomalies(wide)).toMatchObject({ error: { data: { reason: "invalid_range" } } });
    const unknown = { minScore: 1 };
    expect(await anomalies(unknown)).toMatchObject({
      error: { data: { reason: "invalid_input" } },
    });
  });
});

test("pages by a cursor that only its own list takes, and shows nobody else's", async () => {
  const first = must(await anomalies({ limit: 1 }));
  const second = must(await anomalies({ limit: 1, cursor: first.nextCursor }));
  expect([...first.items, ...second.items]).toEqual(await items());
  expect(second.nextCursor).toBeNull();
  const other = await makeSender(server);
  const taken = { limit: 1, cursor: first.nextCursor };
  expect(await anomalies(taken, other.member)).toMatchObject({
    error: { data: { reason: "invalid_cursor" } },
  });
  const none = await other.member.query("insights.anomalies", { agentId: sender.agentId });
  expect(must(none).items).toEqual([]);
});

test("is open to a key that may read events, and to no other", async () => {
  const withKey = (key: string) => server.anonymous({ authorization: `Bearer ${key}` });
  const reading = await withKey(sender.key).query("insights.anomalies");
  expect(must(reading).items).toHaveLength(2);
  const { key } = await server.apiKey(sender.member, { scopes: ["events:write"] });
  expect(await withKey(key).query("insights.anomalies")).toMatchObject({
    status: 403,
    error: { data: { reason: "missing_scope" } },
  });
});

test("is limited to 20 calls a minute of a person, with all their keys", async () => {
  const { member, key } = await makeSender(server);
  const withKey = server.anonymous({ authorization: `Bearer ${key}` });
  const answers = [];
  for (let n = 0; n < 21; n++) {
    answers.push(await (n % 2 === 0 ? member : withKey).query("insights.anomalies"));
  }
  expect(answers.map(({ status }) => status)).toEqual([...Array(20).fill(200), 429]);
  expect(answers[0]?.headers.get("ratelimit-policy")).toContain("model");
  expect((await withKey.query("insights.anomalies")).status).toBe(429);
});
