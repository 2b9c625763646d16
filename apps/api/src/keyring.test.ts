import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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
