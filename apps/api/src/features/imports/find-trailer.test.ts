import { createHash } from "node:crypto";
import { writeTrailer } from "@muniment/shared/exports.ts";
import { describe, expect, test } from "vitest";
import { findTrailer } from "./find-trailer.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const body = `{"id":"1","message":"${"x".repeat(400)}"}\n{"id":"2"}\n`;
const last = writeTrailer("ndjson", { rows: 2, sha256: sha256(body) });

function find(text: string, size: number) {
  const finder = findTrailer();
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) finder.push(bytes.subarray(at, at + size));
  return finder.end();
}

describe.each([1, 7, 150, 1_000_000])("of a file read %i bytes at a time", (size) => {
  test("the last line of an export is found, and fits what comes before it", () => {
    expect(find(body + last, size)).toMatchObject({
      sha256: sha256(body + last),
      bodyBytes: Buffer.byteLength(body),
      trailer: { rows: 2, fits: true },
    });
    const csv = writeTrailer("csv", { rows: 0, sha256: sha256("") });
    expect(find(csv, size)).toMatchObject({ bodyBytes: 0, trailer: { rows: 0, fits: true } });
    expect(find(`y${body}${last}`, size)).toMatchObject({ trailer: { fits: false } });
  });

  test.each([
    ["without it", body],
    ["cut off within it", `${body}${last}`.slice(0, -1)],
    ["with more after it", `${body}${last}{"id":"3"}\n`],
    ["with it at the end of a long line", `${"z".repeat(300)}${last}`],
  ])("%s, all is lines", (_, text) => {
    expect(find(text, size)).toEqual({
      sha256: sha256(text),
      bodyBytes: Buffer.byteLength(text),
      trailer: null,
    });
  });
});
