import { afterEach, expect, test, vi } from "vitest";
import { sha256, sha256OfText, sha256OfTextInBase64 } from "./sha256.ts";

afterEach(() => vi.unstubAllGlobals());

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

test("SHA-256 of the published messages (FIPS 180-4)", () => {
  const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  expect(hex(sha256(new TextEncoder().encode("abc")))).toBe(abc);
  expect(hex(sha256OfText("abc"))).toBe(abc);
});

test("SHA-256 without Node.js is the same", async () => {
  vi.stubGlobal("process", undefined);
  vi.resetModules();
  const portable = await import("./sha256.ts");
  vi.unstubAllGlobals();
  for (const text of ["", "abc", "\0{}", "é€😂\ufffd", "x".repeat(200)]) {
    expect(hex(portable.sha256OfText(text))).toBe(hex(sha256OfText(text)));
    const bytes = Buffer.from(text);
    const base64 = Buffer.from(sha256OfText(text)).toString("base64");
    expect(sha256OfTextInBase64(text)).toBe(base64);
    expect(portable.sha256OfTextInBase64(text)).toBe(base64);
    expect(hex(portable.sha256(bytes))).toBe(hex(sha256(bytes)));
    expect(hex(sha256(bytes))).toBe(hex(sha256OfText(text)));
  }
});
