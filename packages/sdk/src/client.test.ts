import { expect, test } from "vitest";
import { createMuniment, type EventQueue, type MunimentOptions } from "./client.ts";
import { startFakeServer } from "./fake-server.fixture.ts";

type Server = { url: string };
/** A client that waits for nothing but `flush`. */
const createClient = ({ url }: Server, options: Partial<MunimentOptions> = {}) =>
  createMuniment({ url, key: "mnt_test", waitMilliseconds: 60_000, ...options });

const adds = ({ sent, accepted, duplicates, rejected }: Record<string, number>) =>
  sent === (accepted ?? 0) + (duplicates ?? 0) + (rejected ?? 0);

test("events go in batches of at most 100, in order, under the ids that send answered", async () => {
  await using server = await startFakeServer();
  const muniment = createClient(server);
  const ids = Array.from({ length: 250 }, (_, n) => muniment.send({ type: "a", props: { n } }));
  expect(await muniment.flush()).toBe(true);
  expect(server.calls.flat()).toEqual(ids);
  expect(server.calls.every((call) => call.length <= 100)).toBe(true);
  expect(muniment.stats()).toMatchObject({ waiting: 0, sent: 250, accepted: 250, dropped: 0 });
});

test("events go by themselves after a while, or as soon as a batch is full", async () => {
  await using server = await startFakeServer();
  const soon = createClient(server, { waitMilliseconds: 10 });
  const [first] = [soon.send({ type: "a" })];
  await expect.poll(() => server.stored.has(first ?? "")).toBe(true);
  const full = createClient(server);
  for (let n = 0; n < 100; n += 1) full.send({ type: "a" });
  await expect.poll(() => full.stats().accepted).toBe(100);
});

test("a batch is bounded by its length too", async () => {
  await using server = await startFakeServer();
  const muniment = createClient(server, { batchLength: 1000 });
  for (let n = 0; n < 10; n += 1) muniment.send({ type: "a", message: "x".repeat(300) });
  await muniment.flush();
  expect(server.calls.map((call) => call.length)).toEqual([2, 2, 2, 2, 2]);
});

test("what got no answer is sent again under the same ids, and stored once", async () => {
  await using server = await startFakeServer((call) => {
    if (call === 0) return { status: 503 };
    return call === 1 ? "silence" : undefined;
  });
  const problems: string[] = [];
  const muniment = createClient(server, {
    timeoutMilliseconds: 2000,
    onProblem: (problem) => problems.push(problem),
  });
  for (let n = 0; n < 3; n += 1) muniment.send({ type: "a" });
  expect(await muniment.flush(20_000)).toBe(true);
  expect(server.calls).toHaveLength(3);
  for (const ids of server.calls) expect(ids).toEqual(server.calls[0]);
  expect(muniment.stats()).toMatchObject({ sent: 3, accepted: 0, duplicates: 3, retries: 2 });
  expect(problems).toEqual(["503: test", expect.stringContaining("timed out")]);
});

test("Retry-After is waited for, also by a flush", async () => {
  await using server = await startFakeServer((call) =>
    call === 0 ? { status: 429, headers: { "retry-after": "1" } } : undefined,
  );
  const muniment = createClient(server);
  muniment.send({ type: "a" });
  const start = performance.now();
  expect(await muniment.flush()).toBe(true);
  expect(performance.now() - start).toBeGreaterThanOrEqual(1000);
});

test("a flush in vain says so, and the events stay", async () => {
  await using server = await startFakeServer(() => ({ status: 503 }));
  const muniment = createClient(server);
  muniment.send({ type: "a" });
  expect(await muniment.flush(300)).toBe(false);
  expect(muniment.stats()).toMatchObject({ waiting: 1, sent: 0 });
  expect(await muniment.close(100)).toBe(false);
});

test("a refused key is told, and the events stay for the next flush", async () => {
  let isKnown = false;
  await using server = await startFakeServer(() => (isKnown ? undefined : { status: 401 }));
  const problems: string[] = [];
  const muniment = createClient(server, { onProblem: (problem) => problems.push(problem) });
  muniment.send({ type: "a" });
  expect(await muniment.flush()).toBe(false);
  expect(problems).toEqual(["401: test"]);
  isKnown = true;
  expect(await muniment.flush()).toBe(true);
  expect(server.stored.size).toBe(1);
});

test("a refused event is told by itself, and its neighbours are stored", async () => {
  await using server = await startFakeServer();
  const rejections: unknown[] = [];
  const muniment = createClient(server, { onRejected: (one) => rejections.push(one) });
  for (const type of ["a", "bad", "b"]) muniment.send({ type, subject: "s" });
  await muniment.flush();
  expect(rejections).toEqual([
    {
      event: expect.objectContaining({ type: "bad", subject: "s" }),
      reason: "invalid_type",
      message: "No.",
    },
  ]);
  expect(muniment.stats()).toMatchObject({ sent: 3, accepted: 2, rejected: 1 });
  expect(adds(muniment.stats())).toBe(true);
});

test.each([
  ["drop-newest", ["0", "1", "2"]],
  ["drop-oldest", ["2", "3", "4"]],
] as const)("a full queue drops by %s, and counts what it drops", async (overflow, kept) => {
  await using server = await startFakeServer();
  const drops: unknown[] = [];
  const muniment = createClient(server, {
    queue: { maxEvents: 3, overflow },
    onDropped: (drop) => drops.push(drop),
  });
  for (let n = 0; n < 5; n += 1) muniment.send({ type: String(n) });
  await muniment.flush();
  expect([...server.stored.values()].map(({ type }) => type)).toEqual(kept);
  expect(drops).toEqual(Array(2).fill({ count: 1, reason: "queue_full" }));
  expect(muniment.stats()).toMatchObject({ sent: 3, dropped: 2 });
});

test("numbers count what was lost, so that the gap is seen", async () => {
  await using server = await startFakeServer();
  const muniment = createClient(server, { seq: true, queue: { maxEvents: 2 } });
  for (let n = 0; n < 3; n += 1) muniment.send({ type: "a" });
  await muniment.flush();
  muniment.send({ type: "a" });
  await muniment.flush();
  expect([...server.stored.values()].map(({ seq }) => seq)).toEqual([0, 1, 3]);
});

test("what is no JSON, and what comes after the end, is dropped without a throw", async () => {
  await using server = await startFakeServer();
  const reasons: string[] = [];
  const muniment = createClient(server, { onDropped: ({ reason }) => reasons.push(reason) });
  const circle: Record<string, unknown> = {};
  circle.circle = circle;
  expect(muniment.send({ type: "a", props: circle })).toBeNull();
  expect(await muniment.close()).toBe(true);
  expect(muniment.send({ type: "a" })).toBeNull();
  expect(reasons).toEqual(["not_json", "closed"]);
});

test("a url or a key that is none is said at once", () => {
  expect(() => createMuniment({ url: "nowhere", key: "mnt_test" })).toThrow(TypeError);
  expect(() => createMuniment({ url: "http://127.0.0.1", key: "" })).toThrow(TypeError);
});

test("a callback that throws loses and repeats nothing", async () => {
  await using server = await startFakeServer();
  const problems: string[] = [];
  const fail = () => {
    throw new Error("mine");
  };
  const muniment = createClient(server, {
    queue: { maxEvents: 2 },
    onRejected: fail,
    onDropped: fail,
    onProblem: (problem) => problems.push(problem),
  });
  for (const type of ["bad", "a", "b"]) muniment.send({ type });
  expect(await muniment.close()).toBe(true);
  expect(muniment.stats()).toMatchObject({ sent: 2, accepted: 1, rejected: 1, dropped: 1 });
  expect(server.calls).toHaveLength(1);
  expect(problems).toEqual(["A callback threw: mine", "A callback threw: mine"]);
  expect(await muniment.close()).toBe(true);
});

test("what is no event at all is dropped without a throw", () => {
  const muniment = createClient({ url: "http://127.0.0.1:9" }, { seq: true });
  const hostile = {
    type: "a",
    get id(): string {
      throw new Error("mine");
    },
  };
  for (const value of [undefined, null, hostile]) {
    expect(muniment.send(value as unknown as { type: string })).toBeNull();
  }
  expect(muniment.stats()).toMatchObject({ waiting: 0, dropped: 3 });
});

test("a queue that gives nothing for a while leaves the process its turns", async () => {
  await using server = await startFakeServer();
  const waiting: { json: string }[] = [];
  let isBroken = true;
  let asked = 0;
  const queue: EventQueue = {
    push: (event) => ({ taken: waiting.push(event) > 0, evicted: 0 }),
    peek: async (most) => {
      asked += 1;
      // Or a client that asks without end would keep this test for ever.
      return isBroken && asked < 10_000 ? [] : waiting.slice(0, most);
    },
    remove: async (count) => void waiting.splice(0, count),
    size: () => waiting.length,
    lastSeq: () => -1,
    stored: async () => {},
    close: async () => {},
  };
  const muniment = createClient(server, { queue, waitMilliseconds: 10 });
  for (let n = 0; n < 150; n += 1) muniment.send({ type: "a" });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await muniment.flush(100)).toBe(false);
  expect(asked).toBeLessThan(1000);
  isBroken = false;
  expect(await muniment.close()).toBe(true);
  expect(server.stored.size).toBe(150);
});
