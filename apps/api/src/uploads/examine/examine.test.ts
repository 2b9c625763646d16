import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import {
  gif,
  jpeg,
  pdf,
  png,
  pngChunk,
  pngText,
  secretPlace,
  webp,
  zipEnd,
} from "../../../test/file-samples.ts";
import { examine } from "./examine.ts";

const kept = async (bytes: Uint8Array | string, extension: string | null = null) => {
  const given = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
  return examine(Uint8Array.from(given), extension);
};
const refused = { reason: "file_refused" };
const otherKind = { reason: "file_type_not_allowed" };

const images = { png, jpeg, gif, webp } as const;
const types = {
  png: "image/png",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
} as const;
const names = Object.keys(images) as (keyof typeof images)[];

describe("the kind of a file", () => {
  test.each(names)("is told by its content: %s", async (name) => {
    expect((await kept(images[name]())).type).toBe(types[name]);
    expect((await kept(images[name](), name)).type).toBe(types[name]);
  });

  test("PDF and text are kept as they are", async () => {
    expect(await kept(pdf(), "pdf")).toEqual({
      type: "application/pdf",
      bytes: Uint8Array.from(pdf()),
    });
    const text = "Zo\u00eb\tsaid\r\n\u{1f600}\n";
    expect(await kept(text, "log")).toEqual({
      type: "text/plain",
      bytes: Uint8Array.from(Buffer.from(text)),
    });
    expect((await kept("a,b\n1,2\n", "csv")).type).toBe("text/csv");
    expect((await kept('{"a":[1]}', "json")).type).toBe("application/json");
    expect((await kept('\n{"a":1}\n{"a":2}\n', "jsonl")).type).toBe("application/x-ndjson");
    expect((await kept('{"a":1}')).type).toBe("text/plain");
  });

  test("is refused where the name says another", async () => {
    await expect(kept(png(), "jpg")).rejects.toMatchObject(otherKind);
    await expect(kept(png(), "html")).rejects.toMatchObject(otherKind);
    await expect(kept("text", "png")).rejects.toMatchObject(otherKind);
    await expect(kept("text", "exe")).rejects.toMatchObject(otherKind);
    await expect(kept("{a:1}", "json")).rejects.toMatchObject(refused);
    await expect(kept("no\n{}\n", "ndjson")).rejects.toMatchObject(refused);
  });

  test.each<[string, Uint8Array | string]>([
    ["an archive", Buffer.concat([Buffer.from("PK\u0003\u0004"), Buffer.alloc(40)])],
    ["gzip of a gigabyte's beginning", gzipSync(Buffer.alloc(1_000_000))],
    ["a program", Buffer.concat([Buffer.from("MZ"), Buffer.alloc(100)])],
    [
      "SVG with a script",
      '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    ],
    ["SVG behind a prolog", '\ufeff <?xml version="1.0"?><svg onload="alert(1)"/>'],
    ["HTML", "<!DOCTYPE html><script>alert(1)</script>"],
    ["a comment before HTML", " <!-- --><html>"],
    ["text with a zero byte", "a\0b"],
    ["text that steers a terminal", "\u001b[2J"],
    ["bytes that are no UTF-8", Buffer.from([0x61, 0xff, 0xfe, 0x62])],
  ])("%s is not taken", async (_, bytes) => {
    await expect(kept(bytes, "txt")).rejects.toMatchObject(otherKind);
  });

  test("nothing at all is refused", async () => {
    await expect(kept("")).rejects.toMatchObject(refused);
  });
});

describe("images", () => {
  test.each(names)("%s loses its metadata, and is the same when cleaned again", async (name) => {
    const sample = name === "png" ? png({ more: [pngText()] }) : images[name]();
    expect(Buffer.from(sample).includes(secretPlace)).toBe(true);
    const { bytes } = await kept(sample);
    expect(Buffer.from(bytes).includes(secretPlace)).toBe(false);
    expect((await kept(bytes)).bytes).toEqual(bytes);
  });

  test("a photo stays on the side that is up, without its other facts", async () => {
    const { bytes } = await kept(jpeg({ orientation: 6 }));
    expect(Buffer.from(bytes).subarray(2, 6).toString("hex")).toBe("ffe10022");
    expect(bytes[2 + 28 + 1]).toBe(6);
    expect(Buffer.from(bytes).includes("ICC_PROFILE")).toBe(false);
    const upright = await kept(jpeg({ orientation: 1 }));
    expect(Buffer.from(upright.bytes).includes("Exif")).toBe(false);
  });

  test.each(names)(
    "%s of 30,000 x 30,000 in a few bytes is refused by its header",
    async (name) => {
      const max = name === "webp" ? 16_383 : 30_000;
      const bomb = images[name]({ width: max, height: max });
      expect(bomb.length).toBeLessThan(2048);
      await expect(kept(bomb)).rejects.toMatchObject({
        ...refused,
        message: expect.stringContaining("too large"),
      });
      await expect(kept(images[name]({ width: 40_000, height: 1 }))).rejects.toMatchObject(refused);
    },
  );

  test("an animation of very many frames is refused", async () => {
    expect((await kept(gif({ width: 1000, height: 1000, frames: 10 }))).type).toBe("image/gif");
    await expect(kept(gif({ width: 7000, height: 7000, frames: 40 }))).rejects.toMatchObject(
      refused,
    );
  });

  test.each(names)("%s with something behind its end is refused", async (name) => {
    for (const end of ["<script>alert(1)</script>", "PK\u0003\u0004", "\0x", " "]) {
      await expect(kept(images[name]({ end: Buffer.from(end) }))).rejects.toMatchObject(refused);
    }
  });

  test.each(names)("%s cut off anywhere is refused or no image at all", async (name) => {
    const whole = images[name]();
    for (let length = 0; length < whole.length; length += 1) {
      await expect(kept(whole.subarray(0, length), name)).rejects.toMatchObject({
        reason: expect.stringMatching(/^file_/),
      });
    }
  });

  test.each(names)(
    "%s with any byte changed is refused, or cleaned, and never breaks",
    async (name) => {
      const whole = images[name]();
      for (let at = 0; at < whole.length; at += 1) {
        const changed = Buffer.from(whole);
        changed[at] = (changed[at] ?? 0) ^ 0xff;
        const outcome = await kept(changed).catch((error: { reason: string }) => error.reason);
        if (typeof outcome === "string") expect(outcome).toMatch(/^file_/);
      }
    },
  );

  test("a PNG with a wrong checksum or an unknown part that matters is refused", async () => {
    const unknown = pngChunk("ABCD", Buffer.alloc(4));
    await expect(kept(png({ more: [unknown] }))).rejects.toMatchObject(refused);
    const wrong = png();
    wrong[wrong.length - 1] = 0;
    await expect(kept(wrong)).rejects.toMatchObject(refused);
  });

  test("the previews that a camera appends to a photo are left out", async () => {
    const alone = await kept(jpeg());
    const { bytes } = await kept(jpeg({ end: Buffer.concat([Buffer.alloc(3), jpeg()]) }));
    expect(bytes).toEqual(alone.bytes);
  });
});

describe("a PDF", () => {
  test("that does not end as one is refused", async () => {
    await expect(kept(Buffer.concat([pdf(), Buffer.from("<html>")]))).rejects.toMatchObject(
      refused,
    );
    await expect(kept(pdf().subarray(0, -8))).rejects.toMatchObject(refused);
  });

  test("that is an archive, too, is refused, even with its own end in the archive's comment", async () => {
    const comment = "trailer\n%%EOF\n";
    const both = Buffer.concat([pdf(), zipEnd(comment.length), Buffer.from(comment)]);
    await expect(kept(both)).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining("ZIP"),
    });
  });
});
