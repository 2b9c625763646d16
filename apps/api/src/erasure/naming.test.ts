import { expect, test } from "vitest";
import { naming } from "./naming.ts";

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
