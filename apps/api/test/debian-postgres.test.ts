import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
// biome-ignore lint/correctness/useImportExtensions: scripts run before anything is installed.
import { debianPostgres } from "../../../scripts/debian-postgres.mjs";

const root = mkdtempSync(join(tmpdir(), "muniment-debian-"));
afterAll(() => rmSync(root, { recursive: true }));

const install = (version: string) => {
  mkdirSync(join(root, version, "bin"), { recursive: true });
  writeFileSync(join(root, version, "bin/postgres"), "");
};

test("the tests take the newest installed PostgreSQL, of any version from 15", () => {
  expect(debianPostgres(join(root, "none"))).toBeUndefined();
  install("9.6");
  install("14");
  mkdirSync(join(root, "20"));
  expect(debianPostgres(root)).toBeUndefined();
  install("15");
  expect(debianPostgres(root)).toBe(join(root, "15/bin"));
  install("19");
  expect(debianPostgres(root)).toBe(join(root, "19/bin"));
});
