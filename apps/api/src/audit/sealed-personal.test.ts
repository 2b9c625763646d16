import { randomBytes, randomUUID } from "node:crypto";
import { commitment } from "@muniment/verify/leaf.ts";
import { expect, test } from "vitest";
import { deriveKey, sealBytes } from "../encryption.ts";
import {
  hold,
  keyOfSide,
  keysNeeded,
  openPersonal,
  type PersonalColumns,
  sealPersonal,
} from "./sealed-personal.ts";

const makeKey = () => hold({ id: randomUUID(), key: randomBytes(32) });
const [own, other] = [makeKey(), makeKey()];
const actor = { label: "someone@example.org", address: "192.0.2.1" };
const target = { label: "an agent" };
const keysOf = (...keys: (typeof own)[]) => new Map(keys.map(({ id, key }) => [id, key]));
const salted = (data: object) => ({ ...data, salt: expect.stringMatching(/^[\w+/]{22}==$/) });

function entry(sides: Parameters<typeof sealPersonal>[1], id: string = randomUUID()) {
  return { id, ...sealPersonal(id, sides) };
}
const oneKey = { actor: { key: own, data: actor }, target: { key: own, data: target } };
const twoKeys = { actor: { key: own, data: actor }, target: { key: other, data: target } };

test("what is under one key is encrypted at once, and opens", () => {
  const stored = entry(oneKey);
  expect(stored.personal).toEqual({
    both: { key: own.id, sealed: expect.any(String), of: expect.any(String) },
  });
  expect(keysNeeded(stored.personal)).toEqual([own.id]);
  expect(keyOfSide(stored.personal, "target")).toBe(own.id);
  expect(openPersonal(stored, keysOf(own))).toEqual({
    actor: salted(actor),
    target: salted(target),
  });
  const gone = { actor: "erased", target: "erased" };
  expect(openPersonal(stored, keysOf(other))).toEqual(gone);
  const locked = new Map([[own.id, "locked" as const]]);
  expect(openPersonal(stored, locked)).toEqual({ actor: "locked", target: "locked" });
});

test("what is under two keys stays apart: one person's can be erased by itself", () => {
  const stored = entry(twoKeys);
  expect(keysNeeded(stored.personal)).toEqual([own.id, other.id]);
  const [ofActor, ofTarget] = [salted(actor), salted(target)];
  expect(openPersonal(stored, keysOf(own, other))).toEqual({ actor: ofActor, target: ofTarget });
  expect(openPersonal(stored, keysOf(other))).toEqual({ actor: "erased", target: ofTarget });
  expect(keyOfSide(stored.personal, "actor")).toBe(own.id);
  expect(keyOfSide(stored.personal, "target")).toBe(other.id);
});

test("the same is encrypted once, with salts and commitments for each entry and side", () => {
  const key = makeKey();
  const same = { actor: { key, data: target }, target: { key, data: target } };
  const all = [entry(same), entry(same)];
  expect(all[1]?.personal).toEqual(all[0]?.personal);
  const opened = all.map((one) => openPersonal(one, keysOf(key)));
  const salts = opened.flatMap(({ actor, target }) =>
    [actor, target].map((side) => typeof side === "object" && side.salt),
  );
  expect(new Set(salts).size).toBe(4);
  const committed = all.flatMap(({ actorCommitment, targetCommitment }) => [
    Buffer.from(actorCommitment ?? []).toString("hex"),
    Buffer.from(targetCommitment ?? []).toString("hex"),
  ]);
  expect(new Set(committed).size).toBe(4);
});

test("other data is encrypted anew, also where very much of it came before", () => {
  const key = makeKey();
  const all = Array.from({ length: 100 }, (_, at) => {
    const data = { label: `person ${at % 40}` };
    return { data, stored: entry({ actor: { key, data } }) };
  });
  for (const { data, stored } of all)
    expect(openPersonal(stored, keysOf(key))).toEqual({ actor: salted(data) });
  expect(key.lately?.size).toBeLessThanOrEqual(16);
});

test("what is encrypted is never encrypted twice under the same key and nonce", () => {
  const key = makeKey();
  const stored = Array.from({ length: 60 }, (_, at) =>
    entry({ actor: { key, data: { label: `${at % 20}` } } }),
  );
  const places = new Map<string, string>();
  for (const { personal } of stored) {
    const { of = "", sealed = "" } = personal.actor as { of?: string; sealed?: string };
    expect(places.get(of) ?? sealed).toBe(sealed);
    places.set(of, sealed);
  }
});

/** As entries were made before salts followed from the key: each with its own, encrypted with the data. */
function formerly(part: "actor" | "target" | "both", data: object, id: string) {
  const place = `audit:${id}:${part}`;
  const bytes = Buffer.from(JSON.stringify(data));
  const sealed = sealBytes(deriveKey(own.key, place), Buffer.alloc(12), bytes, place);
  return { key: own.id, sealed: sealed.subarray(12).toString("base64") };
}

test("what was encrypted with its salt opens as before, at once or apart", () => {
  const id = randomUUID();
  const [one, another] = [
    { salt: "c2FsdA==", ...actor },
    { salt: "dGxhcw==", ...target },
  ];
  const commitments = {
    id,
    actorCommitment: commitment(one),
    targetCommitment: commitment(another),
  };
  const opened = { actor: one, target: another };
  const both = formerly("both", opened, id);
  expect(openPersonal({ ...commitments, personal: { both } }, keysOf(own))).toEqual(opened);
  const apart = {
    actor: formerly("actor", one, id),
    target: formerly("target", another, id),
  };
  expect(openPersonal({ ...commitments, personal: apart }, keysOf(own))).toEqual(opened);
});

test("no part of an entry passes for another part, nor for one of another entry", () => {
  const only = entry({ actor: { key: own, data: actor } });
  const both = entry(oneKey);
  const altered = { actor: "altered", target: "altered" };
  const open = (stored: PersonalColumns) => openPersonal(stored, keysOf(own));
  expect(open({ ...both, id: randomUUID() })).toEqual(altered);
  const foreign = { ...both.personal, both: { ...both.personal.both, of: randomUUID() } };
  expect(open({ ...both, personal: foreign as never })).toEqual(altered);
  if (!only.personal.actor || !("sealed" in only.personal.actor) || !both.personal.both)
    throw new Error("nothing was sealed");
  expect(open({ ...both, personal: { both: only.personal.actor } })).toEqual(altered);
  expect(open({ ...both, personal: { target: only.personal.actor } })).toEqual({
    target: "altered",
  });
  expect(open({ ...both, personal: { actor: both.personal.both } })).toEqual({ actor: "altered" });
  // Of the same person, and encrypted as it should be, but what another entry tells.
  const elsewhere = entry({ actor: { key: own, data: { label: "someone else" } } });
  expect(open({ ...only, personal: elsewhere.personal })).toEqual({ actor: "altered" });
  expect(open({ ...only, actorCommitment: null })).toEqual({ actor: "altered" });
});

test.each([5, null, actor, { key: "x", sealed: "y" }, { key: own.id, sealed: "y" }, { sealed: 1 }])(
  "what cannot be under one key is altered: %j",
  (both) => {
    const stored = { ...entry(oneKey), personal: { actor, both } as never };
    expect(openPersonal(stored, keysOf(own))).toEqual({ actor: "altered", target: "altered" });
    const needed = (both as { key?: string })?.key === own.id ? [own.id] : [];
    expect(keysNeeded(stored.personal)).toEqual(needed);
  },
);
