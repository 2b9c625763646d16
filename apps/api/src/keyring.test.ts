import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { secretNames } from "./config.ts";
import { loadKeyring } from "./keyring.ts";
import { secretProblem } from "./secret-strength.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "muniment-keyring-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const none = () => ({
  JWT_SECRET: [],
  API_KEY_SECRET: [],
  ENCRYPTION_KEY: [],
  AUDIT_SIGNING_KEY: [],
});
const path = () => join(directory, "keyring.json");
const stored = () => JSON.parse(readFileSync(path(), "utf8"));

describe("the keyring", () => {
  test("makes every secret once, each strong and unlike the others, readable by its owner only", () => {
    const { rings, databasePassword } = loadKeyring(directory, none());
    const all = [...secretNames.map((name) => rings[name][0] ?? ""), databasePassword];
    expect(new Set(all).size).toBe(5);
    for (const secret of all) expect(secretProblem(secret)).toBeNull();
    expect(statSync(path()).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toEqual(["keyring.json"]);
    expect(loadKeyring(directory, none())).toEqual({ rings, databasePassword });
  });

  test("prefers what is given, and keeps the rest and the database's password", () => {
    const made = loadKeyring(directory, none());
    const given = loadKeyring(directory, { ...none(), JWT_SECRET: ["new", "old"] });
    expect(given.rings.JWT_SECRET).toEqual(["new", "old"]);
    expect(given.rings.ENCRYPTION_KEY).toEqual(made.rings.ENCRYPTION_KEY);
    expect(given.databasePassword).toBe(made.databasePassword);
    // What was given is not written down.
    expect(JSON.stringify(stored())).not.toContain('"new"');
  });

  test("completes a file that lacks a secret, without changing the others", () => {
    loadKeyring(directory, none());
    const { ENCRYPTION_KEY, ...rest } = stored();
    writeFileSync(path(), JSON.stringify(rest));
    loadKeyring(directory, none());
    expect(stored()).toMatchObject(rest);
    expect(stored().ENCRYPTION_KEY).not.toBe(ENCRYPTION_KEY);
  });

  test.each([
    ["no file", null],
    ["a file that lacks secrets", { JWT_SECRET: "x".repeat(40) }],
  ])(
    "is the same for all that start at once and find %s",
    async (_, before) => {
      const bundle = join(directory, "keyring.mjs");
      const entryPoints = [join(import.meta.dirname, "keyring.ts")];
      const banner = {
        js: 'import { createRequire } from "node:module"; const require = createRequire("/");',
      };
      await build({
        entryPoints,
        outfile: bundle,
        bundle: true,
        platform: "node",
        format: "esm",
        banner,
      });
      const start = new Int32Array(new SharedArrayBuffer(4));
      const directories = Array.from({ length: 10 }, () => mkdtempSync(join(directory, "data-")));
      for (const data of directories)
        if (before) writeFileSync(join(data, "keyring.json"), JSON.stringify(before));
      const code = `const { parentPort, workerData } = require("node:worker_threads");
      const { bundle, start, directories, none } = workerData;
      import(bundle).then(({ loadKeyring }) => {
        parentPort.postMessage("ready");
        Atomics.wait(start, 0, 0);
        const loaded = directories.map((directory) => loadKeyring(directory, none));
        parentPort.postMessage(JSON.stringify(loaded));
      });`;
      const workerData = { bundle, start, directories, none: none() };
      const workers = Array.from({ length: 4 }, () => new Worker(code, { eval: true, workerData }));
      const told = () => Promise.all(workers.map((worker) => once(worker, "message")));
      await told();
      const loaded = told();
      Atomics.store(start, 0, 1);
      Atomics.notify(start, 0);
      expect(new Set((await loaded).map(([text]) => text)).size).toBe(1);
      for (const data of directories) expect(readdirSync(data)).toEqual(["keyring.json"]);
    },
    30_000,
  );

  test("tells how to go on when a start died while completing it", () => {
    writeFileSync(path(), JSON.stringify({ JWT_SECRET: "x".repeat(40) }));
    writeFileSync(`${path()}.next`, "{");
    expect(() => loadKeyring(directory, none())).toThrow(`delete ${path()}.next and start again`);
    rmSync(`${path()}.next`);
    expect(loadKeyring(directory, none()).rings.JWT_SECRET).toEqual(["x".repeat(40)]);
  });

  test.each([
    ["no JSON", "{"],
    ["a list", "[]"],
    ["a secret too short", '{"JWT_SECRET":"short"}'],
    ["a secret that is no text", '{"JWT_SECRET":7}'],
    ["an unknown name", `{"OTHER":"${"x".repeat(40)}"}`],
    ["nothing", ""],
  ])("is not replaced when it holds %s", (_, text) => {
    writeFileSync(path(), text);
    expect(() => loadKeyring(directory, none())).toThrow();
    expect(readFileSync(path(), "utf8")).toBe(text);
  });
});
