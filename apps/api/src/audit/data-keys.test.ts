import { randomBytes, randomUUID } from "node:crypto";
import type { Query } from "@muniment/db/statements.ts";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createEncryption } from "../encryption.ts";
import { createDataKeys, type Subject, wrapPlace } from "./data-keys.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Data keys over a table that has a key for whoever is asked for, and how often it was asked. */
function open() {
  const encryption = createEncryption([randomBytes(36)]);
  const wrapped = (id: string) =>
    encryption.encrypt(randomBytes(32).toString("base64"), wrapPlace(id));
  const rows = new Map<string, { id: string; subject: string; wrapped: string }>();
  const find = vi.fn(async (subjects: string[]) =>
    subjects.map((subject) => {
      const id = randomUUID();
      const row = rows.get(subject) ?? { id, subject, wrapped: wrapped(id) };
      rows.set(subject, row);
      return row;
    }),
  );
  const none = (() => Promise.reject(new Error("nothing is to be asked"))) as unknown as Query;
  return { keys: createDataKeys(none, encryption, [], find), find };
}

const sealTwice = async (subject: Subject) => {
  const { keys } = open();
  const personal = { actor: { subject, data: { address: "192.0.2.1" } } };
  const sealed = await keys.seal([
    { id: randomUUID(), personal },
    { id: randomUUID(), personal },
  ]);
  return sealed.map((one) => JSON.stringify(one.personal));
};

test("what two entries of one person tell alike is the same ciphertext", async () => {
  const [one, another] = await sealTwice({ userId: randomUUID() });
  expect(one).toBe(another);
});

test("nothing shows which of those are the same who share a key", async () => {
  const [one, another] = await sealTwice({ since: new Date() });
  expect(one).not.toBe(another);
});

test("a key, and with it what it encrypted lately, is forgotten when it is not believed any more", async () => {
  const { keys, find } = open();
  const userId = randomUUID();
  const personal = { actor: { subject: { userId }, data: { address: "192.0.2.1" } } };
  const seal = async () => {
    const [sealed] = await keys.seal([{ id: randomUUID(), personal }]);
    return JSON.stringify(sealed?.personal);
  };
  const first = await seal();
  expect(await seal()).toBe(first);
  expect(find).toHaveBeenCalledTimes(1);
  expect(vi.getTimerCount()).toBe(1);
  await vi.advanceTimersByTimeAsync(10_001);
  // Nothing is left to forget, so nothing is waited for.
  expect(vi.getTimerCount()).toBe(0);
  expect(await seal()).not.toBe(first);
  expect(find).toHaveBeenCalledTimes(2);
});

/** Who asks for the key of a user, and what a look at it found. */
async function lookedUp() {
  const { keys, find } = open();
  const userId = randomUUID();
  await keys.idOf(userId);
  const [row] = await find([`user:${userId}`]);
  if (!row) throw new Error("no key was made");
  keys.forget();
  find.mockClear();
  vi.advanceTimersByTime(1);
  return { keys, find, userId, found: { ...row, at: performance.now() } };
}

test("a key that was looked up is believed as long as from then, and asked for no more", async () => {
  const { keys, find, userId, found } = await lookedUp();
  vi.advanceTimersByTime(4000);
  expect(await keys.idOf(userId, found)).toBe(found.id);
  vi.advanceTimersByTime(999);
  expect(await keys.idOf(userId)).toBe(found.id);
  expect(find).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  await keys.idOf(userId, found);
  expect(find).toHaveBeenCalledTimes(1);
});

test("nor is what was encrypted lately kept for longer, however often a key is looked up", async () => {
  const { keys, userId, found } = await lookedUp();
  const personal = { actor: { subject: { userId }, data: { address: "192.0.2.1" } } };
  const sealed = async () => {
    await keys.idOf(userId, { ...found, at: performance.now() });
    const [one] = await keys.seal([{ id: randomUUID(), personal }]);
    return JSON.stringify(one?.personal);
  };
  const first = await sealed();
  for (let at = 0; at < 4; at += 1) {
    vi.advanceTimersByTime(1000);
    expect(await sealed()).toBe(first);
  }
  vi.advanceTimersByTime(1000);
  expect(await sealed()).not.toBe(first);
});

test("a key that was looked up before all were forgotten is looked up again", async () => {
  const { keys, find, userId, found } = await lookedUp();
  vi.advanceTimersByTime(1);
  keys.forget();
  await keys.idOf(userId, found);
  expect(find).toHaveBeenCalledTimes(1);
});
