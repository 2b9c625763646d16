import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { newApiKey } from "@muniment/api/identity/api-key-format.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { collectGarbage } from "../../../../test/collect-garbage.ts";
import { call } from "../../test/call.ts";
import { scanStream } from "./scan-stream.ts";
import { longest } from "./secrets.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "muniment-scan-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { key, prefix } = newApiKey();
const random43 = `${"A".repeat(20) + "b-_".repeat(7)}Zz`;
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const jwt = (typ: string) =>
  `${part({ typ, alg: "EdDSA" })}.${part({ client_id: "muniment" })}.${"s".repeat(86)}`;

async function scanText(text: string, ...options: string[]) {
  const { exitCode, stdout } = await call(["scan", "--json", ...options, "-"], { stdin: text });
  return { exitCode, stdout, ...JSON.parse(stdout) };
}

describe("a stream", () => {
  test.each([
    ["api_key", key, `${prefix}...`],
    ["refresh_token", `mnr_${random43}`, "mnr_..."],
    ["access_token", jwt("at+jwt"), "eyJ..."],
    ["link", `https://x.example/reset#token=${random43}`, "/reset#token=..."],
    ["webhook_secret", `whsec_${random43}`, "whsec_..."],
  ])(
    "with a secret of the kind %s is told of by its place, without the secret",
    async (kind, text, shown) => {
      const { exitCode, stdout, findings } = await scanText(`one\nkey = "${text}"\nthree`);
      expect(exitCode).toBe(1);
      expect(findings).toEqual([{ path: "-", line: 2, kind, shown }]);
      expect(stdout).not.toContain(text.slice(-20));
      const plain = await call(["scan", "-"], { stdin: text });
      expect([plain.exitCode, plain.stdout]).toEqual([1, expect.stringContaining(shown)]);
      expect(plain.stdout).not.toContain(text.slice(-20));
    },
  );

  test.each([
    ["a key that is cut off", key.slice(0, -1)],
    [
      "a key with another character",
      `${key.slice(0, 20)}${key[20] === "a" ? "b" : "a"}${key.slice(21)}`,
    ],
    ["a prefix", prefix],
    ["a token that is cut off", `mnr_${random43.slice(1)}`],
    ["a token of another program", jwt("JWT")],
    ["something longer than a token", `mnr_${random43}A`],
    ["nothing", ""],
  ])("with %s is clean", async (_, text) => {
    expect(await scanText(`x ${text} y`)).toMatchObject({ exitCode: 0, findings: [] });
  });

  test("has its secrets found once each, wherever its pieces end", async () => {
    const text = `${"x".repeat(longest + 100)}\n${key} \n${"y".repeat(50)} mnr_${random43}\n${"z".repeat(longest)}\n${jwt("at+jwt")}`;
    const bytes = Buffer.from(text);
    for (const size of [1, 7, 47, 48, 1000, longest, longest + 1, bytes.length]) {
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
        bytes.subarray(at * size, (at + 1) * size),
      );
      const found: [string, number][] = [];
      for await (const { kind, line } of scanStream(Readable.from(pieces), new Map())) {
        found.push([kind, line]);
      }
      expect([size, found]).toEqual([
        size,
        [
          ["api_key", 2],
          ["refresh_token", 3],
          ["access_token", 5],
        ],
      ]);
    }
  });

  test("of one endless line is read at constant memory", async () => {
    const piece = Buffer.alloc(1_048_576, "x");
    let most = 0;
    async function* endless() {
      for (let count = 0; count < 300; count += 1) {
        yield piece;
        if (count % 60 === 59) {
          collectGarbage();
          most = Math.max(most, process.memoryUsage().heapUsed);
        }
      }
      yield Buffer.from(` ${key}`);
    }
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    const found: string[] = [];
    for await (const { kind } of scanStream(endless(), new Map())) found.push(kind);
    expect(found).toEqual(["api_key"]);
    // Less than half of what went through.
    expect(most - before).toBeLessThan(150 * 1_048_576);
  });
});

describe("files", () => {
  test("are found in folders, binary ones too, but not in node_modules, objects of git and behind links", async () => {
    const place = mkdtempSync(join(folder, "tree-"));
    const outside = join(folder, "outside.txt");
    writeFileSync(outside, key);
    for (const name of ["src/deep", "node_modules/x", ".git/objects/ab", "objects"])
      mkdirSync(join(place, name), { recursive: true });
    const found = ["src/deep/a.env", "objects/b.bin", ".git/config"];
    for (const name of [...found, "node_modules/x/c", ".git/objects/ab/d"])
      writeFileSync(
        join(place, name),
        Buffer.concat([Buffer.from([0, 255, 10]), Buffer.from(key)]),
      );
    symlinkSync(outside, join(place, "src/link"));
    symlinkSync(folder, join(place, "src/links"));
    const { exitCode, stdout } = await call(["scan", "--json", place]);
    const { findings, files } = JSON.parse(stdout);
    expect(exitCode).toBe(1);
    expect(files).toBe(3);
    expect(findings.map(({ path }: { path: string }) => path).sort()).toEqual(
      found.map((name) => join(place, name)).sort(),
    );
    rmSync(outside);
  });

  test("that cannot be read are told of, and exit with 1", async () => {
    const clean = join(folder, "read");
    writeFileSync(clean, "nothing");
    // Memory at the address 0, of which there is none.
    const { exitCode, stdout } = await call(["scan", "--json", "/proc/self/mem", clean]);
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      findings: [],
      more: 0,
      files: 2,
      unread: [{ path: "/proc/self/mem", why: expect.stringContaining("EIO") }],
    });
    const plain = await call(["scan", "/proc/self/mem"]);
    expect(plain).toMatchObject({ exitCode: 1, stdout: "" });
    expect(plain.stderr).toMatch(/^\/proc\/self\/mem: EIO/);
  });

  test("with more than a report holds are counted beyond that", async () => {
    const path = join(folder, "many");
    writeFileSync(path, `${key}\n`.repeat(10_003));
    const { exitCode, stdout } = await call(["scan", "--json", path]);
    const { findings, more } = JSON.parse(stdout);
    expect([exitCode, findings.length, more]).toEqual([1, 10_000, 3]);
    expect(findings.at(-1)).toMatchObject({ line: 10_000 });
    const plain = await call(["scan", path]);
    expect(plain.stdout.trim().split("\n")).toHaveLength(10_003);
  });

  test("that hold nothing exit with 0, and what is not there with 2", async () => {
    const path = join(folder, "clean");
    writeFileSync(path, "nothing");
    expect((await call(["scan", path])).exitCode).toBe(0);
    expect((await call(["scan", join(folder, "absent")])).exitCode).toBe(2);
    expect((await call(["scan"])).exitCode).toBe(2);
    expect((await call(["scan", "--env-file", path, path])).exitCode).toBe(2);
  });
});
