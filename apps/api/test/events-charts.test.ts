import { parseEventQuery } from "@muniment/shared/event-query/parse.ts";
import { singleEventsMax } from "@muniment/shared/events.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { countFacets } from "../src/features/events/count-facets.ts";
import { findFew } from "../src/features/events/few-events.ts";
import { findExtent } from "../src/features/events/find-extent.ts";
import { toTimeRange } from "../src/features/events/time-range.ts";
import { sampleStart, sendSample } from "./events-sample.ts";
import { makeEvent, makeSender, send } from "./events-sender.ts";
import { foldAllCounts } from "./fold-all.ts";
import { startTestServer, type TestServer } from "./harness.ts";
import { indexAll } from "./index-all.ts";

const day = 86_400_000;

let server: TestServer;
let sample: Awaited<ReturnType<typeof sendSample>>;
beforeAll(async () => {
  server = await startTestServer({ env: { RATE_LIMIT_USER_MAX: "100000" } });
  sample = await sendSample(server);
});
afterAll(() => server.stop());

describe("events.timeseries", () => {
  const chart = async (input: object) =>
    (await sample.member.query("events.timeseries", input)).data;
  const total = (buckets: { count: number }[]) =>
    buckets.reduce((sum, { count }) => sum + count, 0);

  test("adds up to what search pages through, whatever the interval", async () => {
    const range = { from: "2024-01-01T10:20:30Z", to: "2025-02-01T12:00:00Z" };
    for (const types of [undefined, ["ssh.*"]]) {
      const expected = await sample.find({ ...range, types });
      expect(expected.length).toBeGreaterThan(20);
      for (const interval of [undefined, "6h", "1d", "7d", "30d"]) {
        const { buckets } = await chart({ ...range, types, interval, by: "type" });
        expect(total(buckets)).toBe(expected.length);
        for (const { count, by } of buckets) {
          const sum = Object.values(by as Record<string, number>).reduce((a, b) => a + b, 0);
          expect(sum).toBe(count);
        }
      }
    }
  });

  test("has every interval of the range, aligned in UTC, empty ones too", async () => {
    const { interval, buckets } = await chart({
      from: "2026-01-10T10:30:00Z",
      to: "2026-01-10T13:00:00Z",
      interval: "1h",
    });
    expect(interval).toBe("1h");
    expect(buckets).toEqual([
      { start: "2026-01-10T10:00:00.000Z", count: 0 },
      { start: "2026-01-10T11:00:00.000Z", count: 0 },
      { start: "2026-01-10T12:00:00.000Z", count: 100 },
    ]);
  });

  test("chooses an interval that fits the range", async () => {
    const lengths: [number, string][] = [
      [3_600_000, "1m"],
      [day, "15m"],
      [7 * day, "6h"],
      [90 * day, "1d"],
      [365 * day, "7d"],
    ];
    for (const [length, interval] of lengths) {
      const to = new Date(sampleStart).toISOString();
      const answer = await chart({ from: new Date(sampleStart - length).toISOString(), to });
      expect(answer.interval).toBe(interval);
      expect(answer.buckets.length).toBeGreaterThanOrEqual(28);
      expect(answer.buckets.length).toBeLessThanOrEqual(120);
    }
  });

  test("names the eight most frequent values and sums the rest up", async () => {
    const range = { from: "2000-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z" };
    const { buckets } = await chart({ ...range, by: "props.n" });
    const names = new Set(buckets.flatMap(({ by }: { by: object }) => Object.keys(by)));
    expect(names.size).toBe(9);
    expect(names).toContain("…other");
    const subjects = await chart({ ...range, by: "subject" });
    const seen = new Set(subjects.buckets.flatMap(({ by }: { by: object }) => Object.keys(by)));
    expect([...seen].sort()).toEqual(["user:0", "user:2", "user:4", "user:6", "user:8", "…none"]);
  });

  test("refuses more than 2,000 intervals and a range in the wrong order", async () => {
    const ranges = [
      { from: "2026-01-01T00:00:00Z", to: "2026-01-03T00:00:00Z", interval: "1m" },
      { from: "2026-01-03T00:00:00Z", to: "2026-01-01T00:00:00Z" },
      { from: "0000-01-01T00:00:00+14:00", to: "0000-01-01T00:00:00+14:00" },
    ];
    for (const range of ranges) {
      const answer = await sample.member.query("events.timeseries", range);
      expect([answer.status, answer.error?.data.reason]).toEqual([400, "invalid_range"]);
    }
  });
});

test("facets of very many events count single ones only among the newest, and say so", async () => {
  const { database } = server.deps;
  const question = {
    query: { kind: "and" as const, parts: [] },
    range: toTimeRange({}),
  };
  const asked = { fields: ["type", "subject"] as const, limit: 2, now: Date.now() };
  const count = async (newest: number) =>
    (await countFacets(database, sample.userId, question, { ...asked, newest })).facets;
  const ofAll = [
    { value: "http.request", count: 200 },
    { value: "ssh.login.failed", count: 200 },
  ];
  expect(await count(100)).toEqual([
    { field: "type", values: ofAll },
    {
      field: "subject",
      newest: 100,
      values: [
        { value: null, count: 50 },
        { value: "user:0", count: 10 },
      ],
    },
  ]);
  expect(await count(601)).toEqual([
    { field: "type", values: ofAll },
    {
      field: "subject",
      values: [
        { value: null, count: 300 },
        { value: "user:0", count: 60 },
      ],
    },
  ]);
});

test("events.facets counts several fields at once, absent values as null", async () => {
  const { data } = await sample.member.query("events.facets", {
    fields: ["type", "level", "subject", "props.request.status", "props.none"],
    limit: 3,
  });
  expect(data.facets).toEqual([
    {
      field: "type",
      values: [
        { value: "http.request", count: 200 },
        { value: "ssh.login.failed", count: 200 },
        { value: "ssh.login.ok", count: 200 },
      ],
    },
    {
      field: "level",
      values: [
        { value: "debug", count: 120 },
        { value: "info", count: 120 },
        { value: "warn", count: 120 },
      ],
    },
    {
      field: "subject",
      values: [
        { value: null, count: 300 },
        { value: "user:0", count: 60 },
        { value: "user:2", count: 60 },
      ],
    },
    {
      field: "props.request.status",
      values: [
        { value: "200", count: 480 },
        { value: "500", count: 120 },
      ],
    },
    { field: "props.none", values: [{ value: null, count: 600 }] },
  ]);
});

test("the explorer's question: which addresses failed most, and when", async () => {
  const { member, key } = await makeSender(server);
  const failures = [
    ["203.0.113.9", 40],
    ["198.51.100.7", 25],
    ["192.0.2.1", 5],
  ] as const;
  const events = failures.flatMap(([address, count], place) =>
    Array.from({ length: count }, () =>
      makeEvent({ type: "ssh.login.failed", props: { address } }, sampleStart + place * 3_600_000),
    ),
  );
  events.push(makeEvent({ type: "ssh.login.ok", props: { address: "192.0.2.1" } }, sampleStart));
  await send(server, key, events);
  const question = {
    types: ["ssh.login.failed"],
    from: new Date(sampleStart).toISOString(),
    to: new Date(sampleStart + 3 * 3_600_000).toISOString(),
  };
  const facets = await member.query("events.facets", { ...question, fields: ["props.address"] });
  expect(facets.data.facets[0].values).toEqual(
    failures.map(([value, count]) => ({ value, count })),
  );
  const chart = await member.query("events.timeseries", {
    ...question,
    interval: "1h",
    by: "props.address",
  });
  expect(chart.data.buckets.map(({ by }: { by: object }) => by)).toEqual(
    failures.map(([value, count]) => ({ [value]: count })),
  );
});

describe("where single events have to be looked at", () => {
  const hour = 3_600_000;
  const at = (hours: number) => new Date(sampleStart + hours * hour).toISOString();
  const total = (buckets: { count: number }[]) =>
    buckets.reduce((sum, { count }) => sum + count, 0);

  test("too many are refused by the counts alone, and what is narrower is answered", async () => {
    const { member, key, agentId, userId } = await makeSender(server);
    const made = { type: "rare.type", subject: "user:1", props: { n: 1 } };
    await send(
      server,
      key,
      [3.2, 3.3].map((hours) => makeEvent(made, sampleStart + hours * hour)),
    );
    await server.owner`
      insert into event_count_changes (user_id, start, agent_id, type, level, count)
      values (${userId}, ${at(0)}, ${agentId}, 'many', 1, ${singleEventsMax - 1})`;
    const ask = async (name: "timeseries" | "extent", input: object, range = [-24, 24]) => {
      const [from = 0, to = 0] = range;
      const answer = await member.query(`events.${name}`, { from: at(from), to: at(to), ...input });
      if (answer.status !== 200) return [answer.status, answer.error?.data.reason];
      return name === "extent" ? answer.data : total(answer.data.buckets);
    };
    const refused = [400, "too_many_events"];
    const some = { newest: at(3.3), oldest: at(3.2) };
    const none = { newest: null, oldest: null };
    for (const isFolded of [false, true]) {
      if (isFolded) await foldAllCounts(server);
      expect(await ask("timeseries", { by: "type" })).toBe(singleEventsMax + 1);
      expect(await ask("timeseries", { by: "subject" })).toEqual(refused);
      expect(await ask("timeseries", { interval: "5m" }, [-1, 4])).toBe(singleEventsMax + 1);
      expect(await ask("timeseries", { interval: "5m", by: "type" }, [-1, 4])).toEqual(refused);
      expect(await ask("timeseries", { interval: "1m" }, [-1, 4])).toEqual(refused);
      expect(await ask("timeseries", { query: "props.n:1" })).toEqual(refused);
      expect(await ask("timeseries", { query: "type:many", by: "props.n" })).toBe(0);
      expect(await ask("timeseries", { by: "subject" }, [3, 24])).toBe(2);
      expect(await ask("timeseries", { types: ["rare.*"], by: "subject" })).toBe(2);
      expect(await ask("timeseries", { query: "subject:user:1 props.n:1" })).toBe(2);
      expect(await ask("extent", {})).toEqual(some);
      expect(await ask("extent", { query: "props.n:1" })).toEqual(some);
      expect(await ask("extent", { query: "props.n:2" })).toEqual(refused);
      expect(await ask("extent", { query: "props.n:2" }, [3, 24])).toEqual(none);
      expect(await ask("extent", { query: "subject:nobody" })).toEqual(none);
    }
    const messageOf = async (name: "timeseries" | "extent", input: object) => {
      const range = { from: at(-24), to: at(24) };
      return (await member.query(`events.${name}`, { ...range, ...input })).error?.message;
    };
    const narrower = /^More than 1,000,000 events .* shorter time or for fewer types\.$/;
    expect(await messageOf("extent", { query: "props.n:2" })).toMatch(narrower);
    expect(await messageOf("timeseries", { query: "props.n:1", by: "type" })).toMatch(narrower);
    expect(await messageOf("timeseries", { by: "subject" })).toMatch(
      /fewer types, or count by type, level or agent in intervals of 15 minutes or more\.$/,
    );
    // An index of the events says where not to look, from the end of its first chunk on.
    await indexAll(server, userId);
    await send(server, key, [makeEvent({}, sampleStart - 30 * hour)]);
    await indexAll(server, userId);
    expect(await ask("timeseries", { query: "props.n:1" })).toBe(2);
    expect(await ask("extent", { query: "props.n:2" })).toEqual(none);
  });

  test("what an index finds is counted up to the bound", async () => {
    const { database } = server.deps;
    const few = (subject: string, most: number) => {
      const query = { kind: "field" as const, field: "subject" as const, op: "eq" as const };
      const question = { query: { ...query, value: subject }, range: toTimeRange({}) };
      return findFew(database, sample.userId, question, Date.now(), { most });
    };
    expect(await few("user:0", 60)).toBeUndefined();
    await expect(few("user:0", 59)).rejects.toMatchObject({ reason: "too_many_events" });
    expect(await few("nobody", 0)).toBeUndefined();
  });

  test("the ends of what passes are found wherever they lie", async () => {
    const timeOf = (id: string | undefined) =>
      sample.sent.find((event) => event.id === id)?.occurredAt ?? null;
    for (const isIndexed of [false, true]) {
      if (isIndexed) await indexAll(server, sample.userId);
      for (const text of [
        "",
        "props.n:300",
        '"Ärger 4"',
        "level:critical",
        "-trace:*",
        "props.x:1",
      ]) {
        const found = await sample.find({ query: text });
        const question = { query: parseEventQuery(text), range: toTimeRange({}) };
        const { database } = server.deps;
        const ends = await findExtent(database, sample.userId, question, Date.now(), 1);
        const expected = { newest: timeOf(found.at(0)), oldest: timeOf(found.at(-1)) };
        expect([text, ends]).toEqual([text, expected]);
      }
    }
  });
});
