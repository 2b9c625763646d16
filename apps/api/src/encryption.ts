import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from "node:crypto";
import { sha256 } from "@muniment/verify/sha256.ts";

const nonceLength = 12;
const tagLength = 16;

/** What names a key without telling it. */
export const idOfKey = (key: Buffer) => createHash("sha256").update(key).digest("hex").slice(0, 8);

/** A key for one place or purpose, by HMAC-SHA256 as a PRF (NIST SP 800-108). */
export const deriveKey = (key: Buffer, label: string): Buffer =>
  createHmac("sha256", key).update(label).digest();

/** Bytes of a block of SHA-256, and of what it answers. */
const [blockLength, hashLength] = [64, 32];
const longestLabel = 192;

/**
 * `deriveKey` for many labels under one key, in half the time: HMAC (RFC 2104) as the two hashes that it
 * is, without an object for each. A label has at most 192 bytes of UTF-8.
 */
export function derivingFrom(key: Buffer): (label: string) => Buffer {
  if (key.length > blockLength) throw new Error("a key is longer than a block");
  const padded = (change: number, room: number) => {
    const bytes = Buffer.alloc(blockLength + room);
    key.copy(bytes);
    for (let at = 0; at < blockLength; at += 1) bytes[at] = (bytes[at] ?? 0) ^ change;
    return bytes;
  };
  const inner = padded(0x36, longestLabel);
  const outer = padded(0x5c, hashLength);
  return (label) => {
    if (Buffer.byteLength(label) > longestLabel) throw new Error("a label is too long");
    const end = blockLength + inner.write(label, blockLength);
    outer.set(sha256(inner.subarray(0, end)), blockLength);
    return Buffer.from(sha256(outer).buffer);
  };
}

/** AES-256-GCM; the answer begins with the nonce and ends with the tag. */
export function sealBytes(key: Buffer, nonce: Buffer, data: Buffer, place: string): Buffer {
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(place));
  return Buffer.concat([nonce, cipher.update(data), cipher.final(), cipher.getAuthTag()]);
}

/** @throws when the bytes were altered or belong to another place or key */
export function openBytes(key: Buffer, sealed: Buffer, place: string): Buffer {
  const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, nonceLength), {
    authTagLength: tagLength,
  })
    .setAAD(Buffer.from(place))
    .setAuthTag(sealed.subarray(-tagLength));
  return Buffer.concat([
    decipher.update(sealed.subarray(nonceLength, -tagLength)),
    decipher.final(),
  ]);
}

export type Encryption = {
  /** Encrypts text for one place (`jobs.payload:<id>`); it cannot be moved to another. */
  encrypt(text: string, place: string): string;
  /** @throws when the text was altered, moved, or its key is no longer in the ring */
  decrypt(text: string, place: string): string;
  /** How text begins that the newest key encrypted; all else must be again before an older one goes. */
  newestHead: string;
};

/**
 * Encryption at rest: AES-256-GCM under keys of the ring, the newest for what is new. Each place has a
 * key of its own, so that a random nonce is used twice only where one place is written 2 ** 32 times.
 */
export function createEncryption(ring: readonly Buffer[]): Encryption {
  const byId = new Map(ring.map((key) => [idOfKey(key), key]));
  const [newest] = ring;
  if (!newest) throw new Error("the encryption ring is empty");
  const head = `v2.${idOfKey(newest)}.`;
  return {
    encrypt(text, place) {
      const nonce = randomBytes(nonceLength);
      const sealed = sealBytes(deriveKey(newest, place), nonce, Buffer.from(text), place);
      return `${head}${sealed.toString("base64url")}`;
    },
    decrypt(text, place) {
      const [version, id, body] = text.split(".");
      const key = id === undefined ? undefined : byId.get(id);
      const isKnown = version === "v1" || version === "v2";
      if (!isKnown || !key || !body) throw new Error(`${place}: no key of the ring fits`);
      // The first version used the ring's key itself for every place.
      const used = version === "v1" ? key : deriveKey(key, place);
      return openBytes(used, Buffer.from(body, "base64url"), place).toString("utf8");
    },
    newestHead: head,
  };
}
