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
