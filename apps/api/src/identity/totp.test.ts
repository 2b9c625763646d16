import { Secret } from "otpauth";
import { expect, test } from "vitest";
import { newTotpSecret, stepOfCode, totpUri } from "./totp.ts";

/** The secret of RFC 6238, appendix B; its codes have eight digits, of which an app shows the last six. */
const secret = Secret.fromUTF8("12345678901234567890").base32;
const vectors = [
  [59, "287082"],
  [1111111109, "081804"],
  [1111111111, "050471"],
  [1234567890, "005924"],
  [2000000000, "279037"],
  [20000000000, "353130"],
] as const;
const at = (seconds: number) => new Date(seconds * 1000);
const stepAt = (seconds: number) => Math.floor(seconds / 30);

test.each(vectors)("at %d the code is %s, as RFC 6238 says", (seconds, code) => {
  expect(stepOfCode(secret, code, at(seconds), 0)).toBe(stepAt(seconds));
});

test("V6.5.5 a code is good for its own 30 seconds and those beside them, and no longer", () => {
  const [seconds, code] = vectors[3];
  const start = stepAt(seconds) * 30;
  for (const offset of [-30, -1, 0, 29, 30, 59])
    expect(stepOfCode(secret, code, at(start + offset), 0)).toBe(stepAt(seconds));
  for (const offset of [-31, 60, 90, 86_400])
    expect(stepOfCode(secret, code, at(start + offset), 0)).toBeNull();
});

test("V6.5.1 a code of a used step, or of one before it, is none, wherever the clock stands", () => {
  const [seconds, code] = vectors[3];
  const step = stepAt(seconds);
  for (const clock of [seconds - 30, seconds, seconds + 30, seconds - 86_400])
    for (const used of [step, step + 1, step + 1000])
      expect(stepOfCode(secret, code, at(clock), used)).toBeNull();
});

test.each(["", "00592", "0059240", "00592 ", "abcdef", "٠٠٥٩٢٤"])("%j is no code", (code) => {
  expect(stepOfCode(secret, code, at(1234567890), 0)).toBeNull();
});

test("V6.5.3 secrets are 160 random bits, and the app is told whose they are", () => {
  const made = new Set(Array.from({ length: 100 }, newTotpSecret));
  expect(made.size).toBe(100);
  for (const one of made) expect(one).toMatch(/^[A-Z2-7]{32}$/);
  expect(totpUri(secret, "ada+x@example.org")).toBe(
    `otpauth://totp/Muniment:ada%2Bx%40example.org?issuer=Muniment&secret=${secret}&algorithm=SHA1&digits=6&period=30`,
  );
});
