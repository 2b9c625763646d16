import { afterEach, expect, test, vi } from "vitest";
import type { Batch, HeldBatch } from "./held-batch.ts";
import { createIngestQueue } from "./ingest-queue.ts";

const event = {
  id: "",
  at: 0,
  type: "a",
  level: 1,
  message: undefined,
  subject: undefined,
  traceId: undefined,
  seq: undefined,
  props: undefined,
  digest: "",
};
const batch = (name: string, events = 1): Batch => ({
  userId: name,
  agentId: "",
  apiKeyId: "",
  batchId: name,
  receivedAt: 0,
  events: Array.from({ length: events }, () => event),
  rejected: 0,
  hasOwnReceipt: false,
});

/** A store whose statements end when they are told to. */
function heldStore() {
  const flushes: { names: string[]; finish: (error?: Error) => void }[] = [];
  const store = (batches: readonly HeldBatch[]) =>
    new Promise<{ accepted: number; conflicts: number[] }[]>((resolve, reject) => {
      const answers = batches.map(({ events }) => ({ accepted: events.length, conflicts: [] }));
      const finish = (error?: Error) => (error ? reject(error) : resolve(answers));
      flushes.push({ names: batches.map(({ batchId }) => batchId), finish });
    });
  return { flushes, store };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

afterEach(() => {
  vi.restoreAllMocks();
});

test("what waits while another statement is under way goes into one", async () => {
  const { flushes, store } = heldStore();
  const told: string[] = [];
  const queue = createIngestQueue(store, (users) => told.push(...users));
  const add = (...names: string[]) => names.map((name) => queue.add(batch(name)));
  const answers = add("a", "b");
  await settle();
  expect(flushes.map(({ names }) => names)).toEqual([["a", "b"]]);
  answers.push(...add("c", "d"));
  flushes[0]?.finish();
  await settle();
  expect(flushes[1]?.names).toEqual(["c", "d"]);
  flushes[1]?.finish();
  expect(await Promise.all(answers)).toHaveLength(4);
  expect(told.sort()).toEqual(["a", "b", "c", "d"]);
});

test("a flush's worth begins while more is being read", async () => {
  const { flushes, store } = heldStore();
  const queue = createIngestQueue(store, () => {});
  const answers = ["a", "b", "c"].map((name) => queue.add(batch(name, name === "b" ? 400 : 100)));
  expect(flushes.map(({ names }) => names)).toEqual([["a", "b"]]);
  flushes[0]?.finish();
  await settle();
  expect(flushes[1]?.names).toEqual(["c"]);
  flushes[1]?.finish();
  expect(await Promise.all(answers)).toHaveLength(3);
});

test("another statement begins beside one when enough waits, or when it has waited long, four at most", async () => {
  const { flushes, store } = heldStore();
  const queue = createIngestQueue(store, () => {});
  const answers = [queue.add(batch("a"))];
  await settle();
  answers.push(queue.add(batch("b")), queue.add(batch("c")));
  await expect.poll(() => flushes.map(({ names }) => names)).toEqual([["a"], ["b", "c"]]);
  for (const [name, events] of [
    ["d", 1000],
    ["e", 1500],
    ["f", 2000],
  ] as const) {
    answers.push(queue.add(batch(name, events)));
    await settle();
  }
  expect(flushes.slice(2).map(({ names }) => names)).toEqual([["d"], ["e"]]);
  for (let done = 0; done < flushes.length; done += 1) {
    flushes[done]?.finish();
    await settle();
  }
  expect(await Promise.all(answers)).toHaveLength(6);
});

test("a batch that cannot be stored fails alone", async () => {
  const store = async (batches: readonly HeldBatch[]) => {
    if (batches.some(({ batchId }) => batchId === "poison")) throw new Error("poisoned");
    await settle();
    return batches.map(({ events }) => ({ accepted: events.length, conflicts: [] }));
  };
  const queue = createIngestQueue(store, () => {});
  const names = ["a", "b", "c", "d", "e", "poison", "f"];
  const answers = await Promise.allSettled(names.map((name) => queue.add(batch(name))));
  expect(answers.map(({ status }) => status === "fulfilled")).toEqual(
    names.map((name) => name !== "poison"),
  );
});

test("a batch that cannot be stored is found by halves, and a full disk is asked once", async () => {
  let statements = 0;
  let failure = new Error("poisoned");
  const store = async (batches: readonly HeldBatch[]) => {
    statements += 1;
    if (batches.some(({ batchId }) => batchId === "poison")) throw failure;
    return batches.map(({ events }) => ({ accepted: events.length, conflicts: [] }));
  };
  const queue = createIngestQueue(store, () => {});
  const names = Array.from({ length: 256 }, (_, n) => (n === 77 ? "poison" : `${n}`));
  const stored = async () => {
    const answers = await Promise.allSettled(names.map((name) => queue.add(batch(name))));
    return answers.filter(({ status }) => status === "fulfilled").length;
  };
  expect([await stored(), statements]).toEqual([255, 1 + 2 * Math.log2(names.length)]);
  statements = 0;
  failure = Object.assign(new Error("no space"), { code: "53100" });
  expect([await stored(), statements]).toEqual([0, 1]);
});

test("too much waiting is refused, and taken again once there is room", async () => {
  const { flushes, store } = heldStore();
  const queue = createIngestQueue(store, () => {});
  const answers: Promise<unknown>[] = [];
  const addAll = () => {
    for (;;) answers.push(queue.add(batch(`${answers.length}`, 100)));
  };
  expect(addAll).toThrow(expect.objectContaining({ reason: "overloaded", retryAfterSeconds: 1 }));
  expect(answers.length - flushes.flatMap(({ names }) => names).length).toBe(500);
  for (let done = 0; done < flushes.length; done += 1) {
    flushes[done]?.finish();
    await settle();
  }
  await Promise.all(answers);
  const last = queue.add(batch("more", 100));
  await settle();
  flushes.at(-1)?.finish();
  expect(await last).toEqual({ accepted: 100, conflicts: [] });
});

test("a statement takes a bounded number of events", async () => {
  // Where none has waited long, however long it takes to add them.
  vi.spyOn(performance, "now").mockReturnValue(0);
  const { flushes, store } = heldStore();
  const queue = createIngestQueue(store, () => {});
  const answers = Array.from({ length: 60 }, (_, n) => queue.add(batch(`${n}`, 100)));
  await settle();
  for (let done = 0; done < flushes.length; done += 1) {
    flushes[done]?.finish();
    await settle();
  }
  expect(flushes.map(({ names }) => names.length)).toEqual([5, 5, 10, 15, 20, 5]);
  await Promise.all(answers);
});

test("stopping waits for what was taken and takes nothing more", async () => {
  const { flushes, store } = heldStore();
  const queue = createIngestQueue(store, () => {});
  const answer = queue.add(batch("a"));
  let stopped = false;
  const stopping = queue.stop().then(() => {
    stopped = true;
  });
  expect(() => queue.add(batch("b"))).toThrow(expect.objectContaining({ reason: "overloaded" }));
  await settle();
  expect(stopped).toBe(false);
  flushes[0]?.finish();
  await answer;
  await stopping;
});
