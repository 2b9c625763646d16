import { createHmac, randomInt } from "node:crypto";
import { crc32 } from "node:zlib";
import { idOfKey } from "../encryption.ts";

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const pattern = /^mnt_[0-9A-Za-z]{44}$/;
const prefixLength = 12;
/** 30 characters of 62: 178 bits. */
const secretLength = 30;
const checksumLength = 6;

const randomText = (length: number) =>
  Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join("");

function checksumOf(text: string): string {
  let rest = crc32(text);
  let digits = "";
  for (let place = 0; place < checksumLength; place += 1) {
    digits = `${alphabet[rest % alphabet.length]}${digits}`;
    rest = Math.floor(rest / alphabet.length);
  }
  return digits;
}

/**
 * A new key: `mnt_`, 8 characters that stay readable, 30 of secret, and a CRC-32 checksum by which
 * a mistyped key is refused without a look-up and a secret scanner can recognise one.
 */
export function newApiKey(): { key: string; prefix: string } {
  const body = `mnt_${randomText(prefixLength - 4 + secretLength)}`;
  return { key: body + checksumOf(body), prefix: body.slice(0, prefixLength) };
}

/** Whether a text has the form and the checksum of a key. */
export function isApiKey(text: string): boolean {
  if (!pattern.test(text)) return false;
  return checksumOf(text.slice(0, -checksumLength)) === text.slice(-checksumLength);
}

/** What a key is found by. */
export function apiKeyHmac(key: string, secret: Buffer): Buffer {
  return createHmac("sha256", secret).update(key).digest();
}

/** What is stored of a key besides its prefix. */
export const storedHmac = (key: string, secret: Buffer) => ({
  hmac: apiKeyHmac(key, secret),
  hmacKey: idOfKey(secret),
});
