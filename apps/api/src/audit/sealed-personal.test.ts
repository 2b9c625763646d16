import { randomBytes, randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { keyOfSide, keysNeeded, openPersonal, sealPersonal } from "./sealed-personal.ts";

const makeKey = () => ({ id: randomUUID(), key: randomBytes(32) });
const [own, other] = [makeKey(), makeKey()];
const actor = { salt: "c2FsdA==", label: "someone@example.org" };
const target = { salt: "dGxhcw==", label: "an agent" };
const keysOf = (...keys: (typeof own)[]) => new Map(keys.map(({ id, key }) => [id, key]));
const id = randomUUID();

test("what is under one key is encrypted at once, and opens", () => {
  const stored = sealPersonal(id, {
    actor: { key: own, data: actor },
    target: { key: own, data: target },
  });
  expect(stored).toEqual({ both: { key: own.id, sealed: expect.any(String) } });
  expect(keysNeeded(stored)).toEqual([own.id]);
  expect(keyOfSide(stored, "target")).toBe(own.id);
  expect(openPersonal(id, stored, keysOf(own))).toEqual({ actor, target });
  const gone = { actor: "erased", target: "erased" };
  expect(openPersonal(id, stored, keysOf(other))).toEqual(gone);
  const locked = new Map([[own.id, "locked" as const]]);
  expect(openPersonal(id, stored, locked)).toEqual({ actor: "locked", target: "locked" });
});

test("what is under two keys stays apart: one person's can be erased by itself", () => {
  const stored = sealPersonal(id, {
    actor: { key: own, data: actor },
    target: { key: other, data: target },
  });
  expect(keysNeeded(stored)).toEqual([own.id, other.id]);
  expect(openPersonal(id, stored, keysOf(own, other))).toEqual({ actor, target });
  expect(openPersonal(id, stored, keysOf(other))).toEqual({ actor: "erased", target });
  expect(keyOfSide(stored, "actor")).toBe(own.id);
  expect(keyOfSide(stored, "target")).toBe(other.id);
});

test("two sides that were encrypted apart under one key open as before", () => {
  const apart = {
    ...sealPersonal(id, { actor: { key: own, data: actor } }),
    ...sealPersonal(id, { target: { key: own, data: target } }),
  };
  expect(Object.keys(apart)).toEqual(["actor", "target"]);
  expect(openPersonal(id, apart, keysOf(own))).toEqual({ actor, target });
});

test("no part of an entry passes for another part, nor for one of another entry", () => {
  const only = sealPersonal(id, { actor: { key: own, data: actor } });
  const both = sealPersonal(id, {
    actor: { key: own, data: actor },
    target: { key: own, data: target },
  });
  const altered = { actor: "altered", target: "altered" };
  expect(openPersonal(randomUUID(), both, keysOf(own))).toEqual(altered);
  if (!only.actor || !("sealed" in only.actor) || !both.both) throw new Error("nothing was sealed");
  expect(openPersonal(id, { both: only.actor }, keysOf(own))).toEqual(altered);
  expect(openPersonal(id, { target: only.actor }, keysOf(own))).toEqual({ target: "altered" });
  expect(openPersonal(id, { actor: both.both }, keysOf(own))).toEqual({ actor: "altered" });
});

test.each([5, null, actor, { key: "x", sealed: "y" }, { key: own.id, sealed: "y" }, { sealed: 1 }])(
  "what cannot be under one key is altered: %j",
  (both) => {
    const stored = { actor, both } as never;
    expect(openPersonal(id, stored, keysOf(own))).toEqual({ actor: "altered", target: "altered" });
    expect(keysNeeded(stored)).toEqual((both as { key?: string })?.key === own.id ? [own.id] : []);
  },
);
