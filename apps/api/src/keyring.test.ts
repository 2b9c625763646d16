import { once } from "node:events";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { secretNames } from "./config.ts";
import { addElements, dropOldElements, loadKeyring } from "./keyring.ts";
import { secretProblem } from "./secret-strength.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "muniment-keyring-"));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(directory, { recursive: true, force: true });
});

const none = () => ({
  JWT_SECRET: [],
  API_KEY_SECRET: [],
  ENCRYPTION_KEY: [],
  AUDIT_SIGNING_KEY: [],
});
const path = () => join(directory, "keyring.json");
const stored = () => JSON.parse(readFileSync(path(), "utf8"));

/** The keyring's code as one file, for threads. */
async function bundled() {
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
  return bundle;
}

/** What four threads say that are let go at once, when each has said that it is ready. */
async function together(code: string, dataOf: (start: Int32Array) => object) {
  const start = new Int32Array(new SharedArrayBuffer(4));
  const workerData = dataOf(start);
  const workers = Array.from({ length: 4 }, () => new Worker(code, { eval: true, workerData }));
  const told = () => Promise.all(workers.map((worker) => once(worker, "message")));
  await told();
  const said = told();
  Atomics.store(start, 0, 1);
  Atomics.notify(start, 0);
  return (await said).map(([text]) => text);
}

describe("the keyring", () => {
  test("makes every secret once, each strong and unlike the others, readable by its owner only", () => {
    const { rings, databasePassword } = loadKeyring(directory, none());
    const all = [...secretNames.map((name) => rings[name][0] ?? ""), databasePassword];
    expect(new Set(all).size).toBe(5);
    for (const secret of all) expect(secretProblem(secret)).toBeNull();
    expect(statSync(path()).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toEqual(["keyring.json"]);
    const text = readFileSync(path(), "utf8");
    expect(loadKeyring(directory, none())).toEqual({ rings, databasePassword, text });
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
  ])("is the same for all that start at once and find %s", async (_, before) => {
    const bundle = await bundled();
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
    const loaded = await together(code, (start) => ({
      bundle,
      start,
      directories,
      none: none(),
    }));
    expect(new Set(loaded).size).toBe(1);
    for (const data of directories) expect(readdirSync(data)).toEqual(["keyring.json"]);
  });

  test("is made by the first start however long its disk takes", () => {
    vi.spyOn(Date, "now").mockReturnValueOnce(0).mockReturnValue(60_000);
    expect(loadKeyring(directory, none()).text).toBe(readFileSync(path(), "utf8"));
  });

  test("is changed by who waits for others' turns, as long as these end", () => {
    loadKeyring(directory, none());
    writeFileSync(`${path()}.next`, "");
    let looks = 0;
    // Whenever it is looked at the clock, another has had a turn since, until the fifth is the last.
    vi.spyOn(Date, "now").mockImplementation(() => {
      looks += 1;
      if (looks > 5) return looks * 1500;
      const changed = { ...stored(), DATABASE_PASSWORD: `${looks}`.repeat(40) };
      writeFileSync(path(), JSON.stringify(changed));
      if (looks === 5) rmSync(`${path()}.next`);
      return looks * 1500;
    });
    addElements(directory, ["JWT_SECRET"]);
    expect(stored().JWT_SECRET).toHaveLength(2);
    expect(stored().DATABASE_PASSWORD).toBe("5".repeat(40));
  });

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

  test("takes a new element to the head of a ring, durable and for its owner only", () => {
    const { rings: before, databasePassword } = loadKeyring(directory, none());
    addElements(directory, ["JWT_SECRET", "ENCRYPTION_KEY"]);
    const { rings, databasePassword: same } = loadKeyring(directory, none());
    for (const name of ["JWT_SECRET", "ENCRYPTION_KEY"] as const) {
      expect(rings[name]).toEqual([expect.any(String), before[name][0]]);
      expect(secretProblem(rings[name][0] ?? "")).toBeNull();
    }
    expect(rings.API_KEY_SECRET).toEqual(before.API_KEY_SECRET);
    expect(same).toBe(databasePassword);
    expect(statSync(path()).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toEqual(["keyring.json"]);
  });

  test("keeps the elements before when one process more adds some at the same time", async () => {
    const { rings: before } = loadKeyring(directory, none());
    const bundle = await bundled();
    const code = `const { parentPort, workerData } = require("node:worker_threads");
      const { bundle, start, directory } = workerData;
      import(bundle).then(({ addElements }) => {
        parentPort.postMessage("ready");
        Atomics.wait(start, 0, 0);
        addElements(directory, ["JWT_SECRET"]);
        parentPort.postMessage("done");
      });`;
    await together(code, (start) => ({ bundle, start, directory }));
    const { rings } = loadKeyring(directory, none());
    expect(rings.JWT_SECRET).toHaveLength(5);
    expect(new Set(rings.JWT_SECRET).size).toBe(5);
    expect(rings.JWT_SECRET.at(-1)).toBe(before.JWT_SECRET[0]);
    expect(readdirSync(directory).filter((name) => name !== "keyring.mjs")).toEqual([
      "keyring.json",
    ]);
  });

  test("drops older elements of a ring only where it is the one that was judged", () => {
    loadKeyring(directory, none());
    addElements(directory, ["JWT_SECRET", "ENCRYPTION_KEY"]);
    const { rings: judged } = loadKeyring(directory, none());
    addElements(directory, ["JWT_SECRET"]);
    const text = readFileSync(path(), "utf8");
    expect(() => dropOldElements(directory, ["ENCRYPTION_KEY", "JWT_SECRET"], judged)).toThrow(
      "changed meanwhile",
    );
    expect(readFileSync(path(), "utf8")).toBe(text);
    dropOldElements(directory, ["ENCRYPTION_KEY"], judged);
    const { rings } = loadKeyring(directory, none());
    expect(rings.ENCRYPTION_KEY).toEqual([judged.ENCRYPTION_KEY[0]]);
    expect(rings.JWT_SECRET).toHaveLength(3);
  });
});

test("is neither made nor read where a restore is under way", () => {
  mkdirSync(join(directory, "restoring"));
  expect(() => loadKeyring(directory, none())).toThrow("is under way");
  expect(readdirSync(directory)).toEqual(["restoring"]);
});
