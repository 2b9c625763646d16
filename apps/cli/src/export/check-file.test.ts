import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeTrailer } from "@muniment/shared/exports.ts";
import { afterAll, expect, test } from "vitest";
import { checkFile } from "./check-file.ts";

const directory = mkdtempSync(join(tmpdir(), "muniment-export-"));
afterAll(() => rmSync(directory, { recursive: true }));

const body = `{"id":"1","message":"${"Zo\u00eb ".repeat(200)}"}\n{"id":"2"}\n`;
const sha256 = createHash("sha256").update(body).digest("hex");
const whole = body + writeTrailer("ndjson", { rows: 2, sha256 });

async function judge(text: string) {
  const path = join(directory, "export");
  writeFileSync(path, text);
  return checkFile(path);
}

test("a whole file is told by its last line, in either format and when empty", async () => {
  expect(await judge(whole)).toEqual({ rows: 2, sha256 });
  expect(await judge(body + writeTrailer("csv", { rows: 2, sha256 }))).toEqual({ rows: 2, sha256 });
  const nothing = createHash("sha256").digest("hex");
  const empty = { rows: 0, sha256: nothing };
  expect(await judge(writeTrailer("ndjson", empty))).toEqual(empty);
});

test.each([
  ["cut off in its last line", whole.slice(0, -1)],
  ["cut off before it", body],
  ["cut off anywhere", whole.slice(0, 500)],
  ["empty", ""],
  ["changed", whole.replace("Zo", "Xo")],
  ["longer", `${whole}\n`],
  ["without its first line", whole.slice(whole.indexOf("\n") + 1)],
])("a file that is %s is not", async (_, text) => {
  expect(await judge(text)).toBeNull();
});
