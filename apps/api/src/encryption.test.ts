import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createEncryption, deriveKey, derivingFrom } from "./encryption.ts";

const [older, newer] = [randomBytes(32), randomBytes(32)];
const place = "jobs.payload:1";
const text = "a link with a token \u{1f600}";

describe("encryption at rest", () => {
  test("gives back what was put in, whatever it is", () => {
    const encryption = createEncryption([newer]);
    for (const each of ["", text, "x".repeat(100_000), '{"a":"."}'])
      expect(encryption.decrypt(encryption.encrypt(each, place), place)).toBe(each);
  });

  test("shows nothing of the text, and the same text differently each time", () => {
    const encryption = createEncryption([newer]);
    const all = Array.from({ length: 50 }, () => encryption.encrypt(text, place));
    expect(new Set(all).size).toBe(50);
    for (const sealed of all) {
      expect(sealed).toMatch(/^v2\.[0-9a-f]{8}\.[A-Za-z0-9_-]+$/);
      expect(Buffer.from(sealed.split(".")[2] ?? "", "base64url").toString("latin1")).not.toContain(
        "token",
      );
    }
  });

  test("notices every changed byte", () => {
    const encryption = createEncryption([newer]);
    const [version, id, body = ""] = encryption.encrypt(text, place).split(".");
    const bytes = Buffer.from(body, "base64url");
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      const sealed = `${version}.${id}.${changed.toString("base64url")}`;
      expect(() => encryption.decrypt(sealed, place)).toThrow();
    }
  });

  test("notices what is cut, lengthened or no text of ours", () => {
    const encryption = createEncryption([newer]);
    const sealed = encryption.encrypt(text, place);
    const [version, id, body = ""] = sealed.split(".");
    for (const wrong of [
      "",
      text,
      `${version}.${id}.`,
      `${version}.${id}.${body.slice(0, 20)}`,
      `${version}.${id}.${body.slice(0, -4)}`,
      `${version}.${id}.${body}AAAA`,
      `v1.${id}.${body}`,
      `v3.${id}.${body}`,
      `${version}.00000000.${body}`,
      body,
    ])
      expect(() => encryption.decrypt(wrong, place)).toThrow();
  });

  test("cannot be moved to another place", () => {
    const encryption = createEncryption([newer]);
    const sealed = encryption.encrypt(text, place);
    for (const other of ["jobs.payload:2", "", "jobs.payload:1 ", "users.totp:1"])
      expect(() => encryption.decrypt(sealed, other)).toThrow();
  });

  test("uses the newest key of the ring, and reads with every one in it", () => {
    const before = createEncryption([older]).encrypt(text, place);
    const rotated = createEncryption([newer, older]);
    const after = rotated.encrypt(text, place);
    expect(rotated.decrypt(before, place)).toBe(text);
    expect(createEncryption([newer]).decrypt(after, place)).toBe(text);
    expect(() => createEncryption([newer]).decrypt(before, place)).toThrow(
      "no key of the ring fits",
    );
    expect(() => createEncryption([older]).decrypt(after, place)).toThrow(
      "no key of the ring fits",
    );
  });

  test("does not exist without a key", () => {
    expect(() => createEncryption([])).toThrow("empty");
  });
});

describe("keys derived many at a time", () => {
  test.each([0, 1, 16, 32, 63, 64])("are those that HMAC says, of a key of %i bytes", (length) => {
    const key = randomBytes(length);
    const derive = derivingFrom(key);
    for (const label of [
      "",
      "\u00e4 \u{1f600}",
      "audit:x:salts",
      "y".repeat(55),
      "z".repeat(192),
      "short again",
    ])
      expect(derive(label)).toEqual(deriveKey(key, label));
    const [one, another] = [derive("one"), derive("another")];
    expect(one).toEqual(deriveKey(key, "one"));
    expect(another).toEqual(deriveKey(key, "another"));
  });

  test("come of no label or key that is too long", () => {
    expect(() => derivingFrom(randomBytes(32))("x".repeat(193))).toThrow("too long");
    expect(() => derivingFrom(randomBytes(32))("\u00e4".repeat(97))).toThrow("too long");
    expect(() => derivingFrom(randomBytes(65))).toThrow("longer than a block");
  });
});
