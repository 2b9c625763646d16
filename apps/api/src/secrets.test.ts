import { expect, test } from "vitest";
import { deriveSecrets } from "./secrets.ts";

const rings = {
  JWT_SECRET: ["jwt one", "jwt two"],
  API_KEY_SECRET: ["api one", "api two"],
  ENCRYPTION_KEY: ["enc one"],
  AUDIT_SIGNING_KEY: ["sign one"],
};

test("every key is of 256 bits, one per ring element, newest first, and stays the same", () => {
  const secrets = deriveSecrets(rings);
  expect(secrets.apiKeyHmac.map((key) => key.length)).toEqual([32, 32]);
  expect(secrets.encryption.map((key) => key.length)).toEqual([32]);
  expect(deriveSecrets(rings).apiKeyHmac).toEqual(secrets.apiKeyHmac);
  const turned = deriveSecrets({ ...rings, API_KEY_SECRET: ["api two", "api one"] });
  expect(turned.apiKeyHmac).toEqual([...secrets.apiKeyHmac].reverse());
});

test("one element used twice gives different keys for different uses", () => {
  const same = ["the same element"];
  const secrets = deriveSecrets({
    JWT_SECRET: same,
    API_KEY_SECRET: same,
    ENCRYPTION_KEY: same,
    AUDIT_SIGNING_KEY: same,
  });
  const keys = [
    ...secrets.cursor.map((key) => key.toString("hex")),
    ...secrets.apiKeyHmac.map((key) => key.toString("hex")),
    ...secrets.encryption.map((key) => key.toString("hex")),
    ...["a", "b"].flatMap((role) =>
      secrets.rolePasswords(role).map((text) => Buffer.from(text, "base64url").toString("hex")),
    ),
  ];
  expect(new Set(keys).size).toBe(keys.length);
  for (const key of keys)
    expect(key).not.toContain(Buffer.from("the same element").toString("hex"));
});

test("an empty ring is refused", () => {
  expect(() => deriveSecrets({ ...rings, JWT_SECRET: [] })).toThrow("empty");
});
