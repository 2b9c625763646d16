import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { parseConfig } from "./config.ts";
import { withFiles } from "./env-files.ts";

const directory = mkdtempSync(join(tmpdir(), "env-files-"));
afterAll(() => rmSync(directory, { recursive: true }));

const secret = "k7-Zx9qT7vLw3RbYp5NcKd8Hf2JgMs6Qa4U";
const path = join(directory, "secret");
writeFileSync(path, `${secret}\n`);
const nowhere = join(directory, "nowhere");

/** The variables that are complained of, all at once. */
function complaints(given: Record<string, string>) {
  const { env, problems } = withFiles(given);
  const parsed = parseConfig(env, problems);
  return parsed.ok ? [] : parsed.problems.map(({ variable }) => variable);
}

test("a file stands for the value, without its line end", () => {
  expect(withFiles({ JWT_SECRET_FILE: path }).env.JWT_SECRET).toBe(secret);
  expect(complaints({ JWT_SECRET_FILE: path, JWT_SECRET: "" })).toEqual([]);
});

test("a value beside a file is refused, because one of them would be ignored unseen", () => {
  expect(complaints({ JWT_SECRET_FILE: path, JWT_SECRET: secret })).toEqual(["JWT_SECRET"]);
});

test("a file that cannot be read brings no complaint about what it would hold, or what needs that", () => {
  const rest = ["API_KEY_SECRET", "ENCRYPTION_KEY", "AUDIT_SIGNING_KEY"];
  const production = {
    NODE_ENV: "production",
    PUBLIC_URL: "https://muniment.example.com",
    DATABASE_OWNER_URL: "postgres://owner@127.0.0.1/muniment",
  };
  expect(
    complaints({ ...production, JWT_SECRET_FILE: nowhere, DATABASE_URL_FILE: nowhere }).sort(),
  ).toEqual([...rest, "JWT_SECRET_FILE", "DATABASE_URL_FILE"].sort());
  const store = { S3_ENDPOINT: "https://s3.example.com", S3_BUCKET: "files" };
  expect(
    complaints({ ...store, S3_ACCESS_KEY_ID: "id", S3_SECRET_ACCESS_KEY_FILE: nowhere }),
  ).toEqual(["S3_SECRET_ACCESS_KEY_FILE"]);
});
