import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";

const nonceLength = 12;
const tagLength = 16;

const idOf = (key: Buffer) => createHash("sha256").update(key).digest("hex").slice(0, 8);

export type Encryption = {
  /** Encrypts text for one place (`jobs.payload:<id>`); it cannot be moved to another. */
  encrypt(text: string, place: string): string;
  /** @throws when the text was altered, moved, or its key is no longer in the ring */
  decrypt(text: string, place: string): string;
};

/** Encryption at rest: AES-256-GCM under the newest key of the ring, readable by every key in it. */
export function createEncryption(ring: readonly Buffer[]): Encryption {
  const byId = new Map(ring.map((key) => [idOf(key), key]));
  const [newest] = ring;
  if (!newest) throw new Error("the encryption ring is empty");
  return {
    encrypt(text, place) {
      const nonce = randomBytes(nonceLength);
      const cipher = createCipheriv("aes-256-gcm", newest, nonce).setAAD(Buffer.from(place));
      const sealed = Buffer.concat([
        nonce,
        cipher.update(text, "utf8"),
        cipher.final(),
        cipher.getAuthTag(),
      ]);
      return `v1.${idOf(newest)}.${sealed.toString("base64url")}`;
    },
    decrypt(text, place) {
      const [version, id, body] = text.split(".");
      const key = id === undefined ? undefined : byId.get(id);
      if (version !== "v1" || !key || !body) throw new Error(`${place}: no key of the ring fits`);
      const sealed = Buffer.from(body, "base64url");
      const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, nonceLength), {
        authTagLength: tagLength,
      })
        .setAAD(Buffer.from(place))
        .setAuthTag(sealed.subarray(-tagLength));
      return (
        decipher.update(sealed.subarray(nonceLength, -tagLength), undefined, "utf8") +
        decipher.final("utf8")
      );
    },
  };
}
