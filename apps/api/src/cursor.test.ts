import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { decodeCursor, encodeCursor } from "./cursor.ts";

const secret = [randomBytes(32)];
const place = "agents:01890000-0000-7000-8000-000000000001";
const position = ["2026-01-01T00:00:00.000Z", "01890000-0000-7000-8000-000000000002"];
const cursor = encodeCursor(secret, place, position);
const invalid = expect.objectContaining({ reason: "invalid_cursor" });

describe("a cursor", () => {
  test("says where its list goes on", () => {
    expect(decodeCursor(secret, place, cursor)).toEqual(position);
    expect(decodeCursor(secret, place, encodeCursor(secret, place, []))).toEqual([]);
  });

  test("is of one list and one user, and of this installation", () => {
    for (const other of ["agents:other", "users", "", `${place} `])
      expect(() => decodeCursor(secret, other, cursor)).toThrow(invalid);
    expect(() => decodeCursor([randomBytes(32)], place, cursor)).toThrow(invalid);
  });

  test("of an older secret is read while the ring holds it", () => {
    const turned = [randomBytes(32), ...secret];
    expect(decodeCursor(turned, place, cursor)).toEqual(position);
    expect(() => decodeCursor(secret, place, encodeCursor(turned, place, position))).toThrow(
      invalid,
    );
  });

  test("is taken by the letter: every other text is refused", () => {
    const touched = [...cursor].map((letter, at) => {
      const swapped = letter === "A" ? "B" : "A";
      return cursor.slice(0, at) + swapped + cursor.slice(at + 1);
    });
    const forged = `${Buffer.from('["1"]').toString("base64url")}.${cursor.split(".")[1]}`;
    for (const text of [
      ...touched,
      forged,
      "",
      ".",
      "x",
      `${cursor}.`,
      `${cursor}=`,
      ` ${cursor}`,
      cursor.slice(0, -1),
    ])
      expect(() => decodeCursor(secret, place, text)).toThrow(invalid);
  });
});
