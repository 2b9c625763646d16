import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
// biome-ignore lint/correctness/useImportExtensions: scripts run before anything is installed.
import { mayMount } from "./scripts/may-mount.mjs";

/** For tests that start a database of their own. */
const leftBehind = "./test/left-behind.ts";
/** A test that hangs is ended by it; how long one takes that does not is the machine's affair. */
const slow = { testTimeout: 120_000, hookTimeout: 180_000 };
const api = {
  setupFiles: ["./test/fail-on-console-error.ts", "./test/property-seed.ts"],
  globalSetup: [leftBehind, "./apps/api/test/postgres.ts"],
  ...slow,
};

/** What replaces a module must not find it loaded by the file before. */
const mocking = readdirSync(fileURLToPath(new URL("apps/api/test", import.meta.url)))
  .map((name) => `apps/api/test/${name}`)
  .filter((path) => path.endsWith(".test.ts"))
  .filter((path) =>
    readFileSync(fileURLToPath(new URL(path, import.meta.url)), "utf8").includes("vi.mock("),
  );

export default defineConfig({
  test: {
    reporters: ["default"],
    // One more than the cores of a small machine, as files often wait.
    maxWorkers: 3,
    // A wait ends when what it waits for is there; how long that takes is the machine's affair.
    expect: { poll: { timeout: 30_000 } },
    // Where files are not isolated they share what they load, which halves the time they take.
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          isolate: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          include: [
            "{apps,packages}/*/src/**/*.test.{ts,tsx}",
            "apps/cli/test/**/*.test.ts",
            "repo.test.ts",
          ],
          exclude: ["packages/db/src/embedded/**", "**/node_modules/**", "**/.build/**"],
          setupFiles: ["./test/fail-on-console-error.ts", "./test/property-seed.ts"],
        },
      },
      {
        extends: true,
        test: {
          name: "embedded",
          include: ["packages/db/src/embedded/**/*.test.ts"],
          globalSetup: [leftBehind],
          ...slow,
        },
      },
      {
        extends: true,
        test: {
          name: "api",
          isolate: false,
          include: [
            "apps/api/test/**/*.test.ts",
            "packages/db/test/**/*.test.ts",
            "packages/sdk/test/**/*.test.ts",
          ],
          exclude: [...mocking, ...(mayMount() ? [] : ["packages/sdk/test/full-disk.test.ts"])],
          ...api,
        },
      },
      { extends: true, test: { name: "api-mocking", include: mocking, ...api } },
      {
        extends: true,
        test: {
          name: "e2e",
          include: ["e2e/**/*.test.ts"],
          globalSetup: [leftBehind],
          setupFiles: ["./e2e/fail-on-page-error.ts"],
          ...slow,
        },
      },
    ],
  },
});
