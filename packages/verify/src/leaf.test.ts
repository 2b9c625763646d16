import { expect, test } from "vitest";
import { canonicalJson } from "./canonical-json.ts";
import { commitment, commitmentsIn, type Leaf, leafText, type PersonalData } from "./leaf.ts";
import { sha256OfText } from "./sha256.ts";

const party = (personal: string | null) => ({ kind: "user", id: "u", personal });
const leaf = (changes: Partial<Leaf> = {}): Leaf => ({
  v: 1,
  id: "01a1feae-672b-77b6-a0e9-b21609b1ac4c",
  at: "2026-01-02T03:04:05.678Z",
  actor: party("YWN0b3I="),
  action: "agent.updated",
  target: party("dGFyZ2V0"),
  outcome: "success",
  requestId: null,
  details: {},
  ...changes,
});
const parsed = (text: string) => {
  const { actor, target } = JSON.parse(text) as Leaf;
  return { actor: actor.personal, target: target?.personal ?? null };
};

const other = { v: 1, actor: party("b3RoZXI="), target: party("b3RoZXI=") };
const text = leafText(leaf());
test.each([
  ["both", text],
  ["none", leafText(leaf({ actor: party(null), target: null }))],
  ["a target without personal data", leafText(leaf({ target: party(null) }))],
  ["ids of nobody", leafText(leaf({ actor: { ...party("YQ=="), id: null } }))],
  ["details like a leaf", leafText(leaf({ details: other }))],
  ["details that end like a leaf", leafText(leaf({ details: { a: [other] }, outcome: "x" }))],
  ["text like a leaf", leafText(leaf({ details: { a: canonicalJson(other) } }))],
  ["an id that ends like a party", leafText(leaf({ actor: { ...party("YQ=="), id: '"},"at":' } }))],
  ["another actor behind", text.replace('"details"', `"actor":${canonicalJson(party("YQ=="))},$&`)],
  [
    "one behind white space",
    text.replace('"details"', `"actor" :${canonicalJson(party("YQ=="))},$&`),
  ],
  ["one whose name is escaped", text.replace('"details"', '"\\u0061ctor":{"personal":"YQ=="},$&')],
  [
    "another target before",
    text.replace('"details"', `"target":${canonicalJson(other.target)},$&`),
  ],
  ["another order", JSON.stringify(leaf())],
  ["white space", JSON.stringify(leaf(), null, 1)],
])("what a leaf commits to is read as parsing says: %s", (_, text) => {
  expect(commitmentsIn(text)).toEqual(parsed(text));
});

test.each([
  leaf(),
  leaf({ actor: { kind: "system", id: null, personal: null }, target: null, requestId: "r" }),
  leaf({
    action: 'with "quotes" and \u00fc',
    outcome: "\n",
    details: { b: [1, { z: null }], a: "\\" },
  }),
])("a leaf is its canonical JSON", (one) => {
  expect(leafText(one)).toBe(canonicalJson(one));
});

test("of what is no leaf nothing is read", () => {
  const broken = text.replace('"action":"', "$&\n");
  for (const none of ["", "{}", "null", '{"action":"a"', broken]) {
    expect(() => commitmentsIn(none)).toThrow();
  }
});

const salt = "c2FsdHNhbHRzYWx0c2FsdA==";
const withFields = (fields: object) => ({ salt, ...fields }) as PersonalData;
test.each([
  [
    "all there is",
    { userAgent: "Mozilla/5.0 (X11)", address: "192.0.2.7", label: "a@example.org" },
  ],
  ["the salt alone", {}],
  ["what JSON escapes", { label: '"\\\u0007' }],
  ["what looks like a field", { label: 'a","salt":"b' }],
  ["what is not ASCII", { label: "Zoë \u{1f600}" }],
  ["empty text", { label: "" }],
  ["a field more", { label: "a", more: "b" }],
  ["a number", { label: 7 }],
  ["what becomes text", { label: ["a"] }],
  ["nothing under a name", { label: undefined }],
])("personal data is committed to as its canonical JSON: %s", (_, fields) => {
  const data = withFields(fields);
  expect(commitment(data)).toEqual(sha256OfText(canonicalJson(data)));
});

test("personal data with a lone surrogate is committed to by nothing", () => {
  expect(() => commitment(withFields({ label: "\ud800" }))).toThrow("lone surrogate");
});
