import { describe, expect, test } from "vitest";
import { UsageError } from "../command.ts";
import { parseOffset, parseSendOptions } from "./options.ts";

const env = { MUNIMENT_API_KEY: "mnt_key" };
const parse = (argv: string, environment: Record<string, string> = env) =>
  parseSendOptions(argv.split(" "), environment);

test("what is not said has its default", () => {
  expect(parse("--format sshd -")).toEqual({
    target: { url: new URL("http://127.0.0.1:3000/"), key: "mnt_key" },
    format: "sshd",
    file: "-",
    source: undefined,
    offsetMinutes: 0,
    year: undefined,
    batchSize: 100,
    concurrency: 4,
    retryForMs: 300_000,
    follow: false,
    from: "start",
    state: undefined,
    json: false,
  });
});

test("an option goes before the environment", () => {
  const environment = { MUNIMENT_API_KEY: "a", MUNIMENT_URL: "https://a.example.org/base" };
  expect(parse("--format jsonl -", environment).target).toEqual({
    url: new URL("https://a.example.org/base/"),
    key: "a",
  });
  const target = parse("--format jsonl --url https://b.example.org --key b -", environment).target;
  expect(target).toEqual({ url: new URL("https://b.example.org/"), key: "b" });
});

test("a key goes unencrypted to this machine only, unless allowed", () => {
  for (const host of ["localhost:3000", "127.0.0.1", "127.9.9.9", "[::1]:3000"]) {
    expect(parse(`--format jsonl --url http://${host} -`).target.url.host).toBe(host);
  }
  for (const host of ["192.0.2.1", "localhost.example.org", "127.0.0.1.example.org"]) {
    expect(() => parse(`--format jsonl --url http://${host} -`)).toThrow("unencrypted");
    parse(`--format jsonl --allow-plain-http --url http://${host} -`);
  }
});

describe("refused with a message", () => {
  test.each([
    ["-", "--format is one of"],
    ["--format iis -", "--format is one of"],
    ["--format sshd", "Name one file"],
    ["--format sshd a b", "Name one file"],
    ["--format sshd --speed 9 -", "Unknown option"],
    ["--format sshd --batch 0 -", "--batch"],
    ["--format sshd --batch 101 -", "--batch"],
    ["--format sshd --batch 1e1 -", "--batch"],
    ["--format sshd --concurrency 17 -", "--concurrency"],
    ["--format sshd --year 26 -", "--year"],
    ["--format apache --year 2026 -", "--year"],
    ["--format jsonl --timezone Z -", "--timezone"],
    ["--format sshd --timezone CET -", "--timezone"],
    ["--format sshd --source= -", "--source"],
    ["--format sshd --url ftp://localhost -", "--url"],
    ["--format sshd --url nonsense -", "--url"],
    ["--format sshd --url http://a:b@localhost -", "--url"],
    ["--format sshd --key a\nb -", "control character"],
  ])("%j", (argv, message) => {
    expect(() => parse(argv)).toThrow(UsageError);
    expect(() => parse(argv)).toThrow(message);
  });

  test("no key", () => {
    expect(() => parse("--format sshd -", {})).toThrow("MUNIMENT_API_KEY");
  });
});

test("offsets are minutes east of UTC", () => {
  expect(["Z", "UTC", "+02:00", "-0530", "+14:00"].map(parseOffset)).toEqual([
    0, 0, 120, -330, 840,
  ]);
  for (const text of ["+14:01", "+2", "02:00", "+02:60", ""]) {
    expect(() => parseOffset(text)).toThrow(UsageError);
  }
});
