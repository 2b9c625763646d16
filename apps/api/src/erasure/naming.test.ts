import { expect, test } from "vitest";
import { naming, namingInJson } from "./naming.ts";

test("an address is named as a whole, wherever it stands", () => {
  const names = naming(["ob+x@example.org", "o.b@example.org"]);
  for (const text of [
    '{"to":"ob+x@example.org"}',
    "To: Ob <ob+x@example.org>\r\n",
    "It was o.b@example.org.",
    "email=o.b@example.org",
    "o.b@example.org",
  ]) {
    expect([text, names(text)]).toEqual([text, true]);
  }
  for (const text of [
    "bob+x@example.org",
    "b.o.b@example.org",
    "o'o.b@example.org",
    "o.b@example.org.uk",
    "o.b@example.orgs",
    "oxb@example.org",
    "obx@example.org",
  ]) {
    expect([text, names(text)]).toEqual([text, false]);
  }
  expect(naming([])("anything")).toBe(false);
});

test("in JSON, the letter of an end of line is none of the address behind it", () => {
  const isNamed = namingInJson(["o.b@example.org"]);
  for (const text of [
    "Hello,\no.b@example.org",
    "a\to.b@example.org\r\n",
    '"o.b@example.org"',
    "\u001bo.b@example.org",
  ])
    expect([text, isNamed(JSON.stringify({ text }))]).toEqual([text, true]);
  for (const text of ["no.b@example.org", "n\no.b@example.orgs", "C:\\no.b@example.org"])
    expect([text, isNamed(JSON.stringify({ text }))]).toEqual([text, false]);
});
