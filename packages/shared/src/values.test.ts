import { describe, expect, test } from "vitest";
import { displayName } from "./accounts.ts";
import { fileName, name } from "./values.ts";

describe("the name of a file", () => {
  test.each([
    "گزارش می\u200cخواهم ۱.csv",
    "👩🏽\u200d💻 log.ndjson",
    "❤️\u200d🔥.png",
    "क्\u200dष.txt",
  ])("may be %s", (text) => {
    expect(fileName(100).parse(text)).toBe(text);
  });

  test.each([
    ["an override of direction", "gpj.\u202eexe"],
    ["an isolate", "a\u2066b\u2069"],
    ["a space without width", "a\u200bb.txt"],
    ["a word joiner", "a\u2060b.txt"],
    ["a soft hyphen", "a\u00adb.txt"],
    ["tags", "a\u{e0061}\u{e007f}"],
    ["a joiner that joins nothing", "a\u200db.txt"],
    ["a joiner before its extension", "سارا\u200c.txt"],
    ["two joiners", "سا\u200c\u200cرا"],
    ["a joiner that parts an override", "س\u200c\u202eس"],
    ["a place", "a/b"],
  ])("has not %s in it", (_name, text) => {
    expect(fileName(100).safeParse(text).success).toBe(false);
  });
});

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
