import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { apiKeyHmac, isApiKey, newApiKey } from "./api-key-format.ts";

describe("the form of an API key", () => {
  test("is the contract's: a 12-character prefix, at least 160 bits, a checksum", () => {
    const { key, prefix } = newApiKey();
    expect(key).toMatch(/^mnt_[0-9A-Za-z]{8}[0-9A-Za-z]{30}[0-9A-Za-z]{6}$/);
    expect(prefix).toBe(key.slice(0, 12));
    expect(30 * Math.log2(62)).toBeGreaterThan(160);
    expect(isApiKey(key)).toBe(true);
  });

  test("never repeats, and uses the whole alphabet", () => {
    const keys = Array.from({ length: 2000 }, () => newApiKey().key);
    expect(new Set(keys).size).toBe(2000);
    expect(new Set(keys.map((key) => key.slice(0, 12))).size).toBe(2000);
    expect(new Set(keys.flatMap((key) => [...key.slice(4, 42)])).size).toBe(62);
  });

  test("notices every single wrong character, every swap of neighbours and every cut", () => {
    for (let round = 0; round < 20; round += 1) {
      const { key } = newApiKey();
      for (let at = 0; at < key.length; at += 1) {
        for (const wrong of ["0", "z", "-", " ", "\u00e9"]) {
          const typed = key.slice(0, at) + wrong + key.slice(at + 1);
          if (typed !== key) expect(isApiKey(typed)).toBe(false);
        }
        const [here = "", next = ""] = [key[at], key[at + 1]];
        const swapped = key.slice(0, at) + next + here + key.slice(at + 2);
        if (swapped !== key && next) expect(isApiKey(swapped)).toBe(false);
        expect(isApiKey(key.slice(0, at))).toBe(false);
      }
    }
  });

  test("hardly ever fits a text that is no key", () => {
    const letters = () =>
      randomBytes(100)
        .toString("base64")
        .replaceAll(/[^0-9A-Za-z]/g, "")
        .slice(0, 44);
    const fits = Array.from({ length: 20_000 }, () => isApiKey(`mnt_${letters()}`)).filter(Boolean);
    expect(fits.length).toBeLessThanOrEqual(1);
  });

  test("is stored by an HMAC that only the secret makes", () => {
    const { key } = newApiKey();
    const secret = randomBytes(32);
    expect(apiKeyHmac(key, secret)).toEqual(apiKeyHmac(key, secret));
    expect(apiKeyHmac(key, secret)).toHaveLength(32);
    expect(apiKeyHmac(key, randomBytes(32))).not.toEqual(apiKeyHmac(key, secret));
    expect(apiKeyHmac(newApiKey().key, secret)).not.toEqual(apiKeyHmac(key, secret));
  });
});
