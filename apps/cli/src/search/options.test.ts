import { describe, expect, test } from "vitest";
import { UsageError } from "../command.ts";
import { parseSearchOptions } from "./options.ts";

const env = { MUNIMENT_API_KEY: "mnt_key" };
const now = Date.parse("2026-11-21T12:00:00.000Z");
const parse = (argv: string[]) => parseSearchOptions(argv, env, now);

describe("what may be asked", () => {
  test.each([
    [[], {}],
    [["type:ssh.*"], { query: "type:ssh.*" }],
    [["--from", "24h"], { from: "2026-11-20T12:00:00.000Z" }],
    [
      ["--from", "2026-01-31", "--to", "2026-01-31T08:00"],
      { from: "2026-01-31T00:00:00.000Z", to: "2026-01-31T08:00:00.000Z" },
    ],
    [["--", "-agent:web"], { query: "-agent:web" }],
  ])("%j asks %j", (argv, input) => {
    expect(parse(argv)).toMatchObject({ input, limit: 50, json: false });
  });
});

test.each([
  [["level:loud"], /At character 7: expected a level.*\n {2}level:loud\n {8}\^/],
  [["(a+)+$"], /At character/],
  [["type:a", "level:warn"], /one argument/],
  [["--from", "soon"], /--from is a time/],
  [["--from", "1h", "--to", "2h"], /--from lies after --to/],
  [["--limit", "0"], /--limit/],
  [["--limit", "-1"], /limit/],
  [["--limit", "1e9"], /--limit/],
  [["--url", "http://example.org"], /unencrypted/],
])("%j is called wrongly", (argv, message) => {
  expect(() => parse(argv)).toThrow(UsageError);
  expect(() => parse(argv)).toThrow(message);
});

test("a call without a key says where one is looked for", () => {
  expect(() => parseSearchOptions([], {}, now)).toThrow(/MUNIMENT_API_KEY/);
});
