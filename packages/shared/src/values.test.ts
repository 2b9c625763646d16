import { describe, expect, test } from "vitest";
import { displayName } from "./accounts.ts";
import { name } from "./values.ts";

describe.each([
  ["a name", name],
  ["a display name", displayName],
])("%s", (_what, schema) => {
  test.each([
    "Ada Lovelace",
    "سارا می\u200cخواهم",
    "क्\u200dष",
    "שרה",
    "👩\u200d💻 on call",
    "Zoë – d’Été",
    "O'Brien (ops) #2",
  ])("may be %s", (text) => {
    expect(schema.parse(` ${text} `)).toBe(text);
  });

  test.each([
    ["an override of direction", "gpj.\u202eexe"],
    ["an embedding", "a\u202ab\u202c"],
    ["an isolate", "a\u2066b\u2069"],
    ["a mark of direction", "admin\u200e"],
    ["the Arabic mark of direction", "admin\u061c"],
    ["a space without width", "ad\u200bmin"],
    ["a word joiner", "ad\u2060min"],
    ["a byte order mark", "\ufeffadmin"],
    ["a soft hyphen", "ad\u00admin"],
    ["a line separator", "a\u2028b"],
    ["tags", "admin\u{e0061}\u{e007f}"],
    ["a joiner that joins nothing", "ad\u200dmin"],
    ["a joiner at the end", "سارا\u200c"],
    ["two joiners", "سا\u200c\u200cرا"],
    ["a control character", "a\u0007b"],
  ])("has not %s in it", (_name, text) => {
    expect(schema.safeParse(text).success).toBe(false);
  });
});
