import { defineConfig } from "vitest/config";

const slow = { testTimeout: 30_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    reporters: ["default"],
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: [
            "{apps,packages}/*/src/**/*.test.{ts,tsx}",
            "apps/cli/test/**/*.test.ts",
            "repo.test.ts",
          ],
          exclude: ["packages/db/src/embedded/**", "**/node_modules/**", "**/.build/**"],
          setupFiles: ["./test/fail-on-console-error.ts"],
        },
      },
      {
        extends: true,
        test: {
          name: "embedded",
          include: ["packages/db/src/embedded/**/*.test.ts"],
          ...slow,
        },
      },
      {
        extends: true,
        test: {
          name: "api",
          include: [
            "apps/api/test/**/*.test.ts",
            "packages/db/test/**/*.test.ts",
            "packages/sdk/test/**/*.test.ts",
          ],
          setupFiles: ["./test/fail-on-console-error.ts"],
          globalSetup: ["./apps/api/test/postgres.ts"],
          ...slow,
        },
      },
      {
        extends: true,
        test: {
          name: "e2e",
          include: ["e2e/**/*.test.ts"],
          setupFiles: ["./e2e/fail-on-page-error.ts"],
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
