import { createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import { cosignatureBytes, cosignedText, witnessKey } from "@muniment/verify/cosignature.ts";
import { formatSignature, type VerifierKey, verifierKey } from "@muniment/verify/signed-note.ts";

/** An Ed25519 private key in PKCS #8 without its seed (RFC 8410). */
const pkcs8Head = Buffer.from("302e020100300506032b657004220420", "hex");

export type NoteSigner = {
  /** The public keys, newest first. */
  keys: readonly VerifierKey[];
  /** The text as a note signed with every key, so that who knows only an old one can follow. */
  sign(text: string): string;
};

type KeyPair = { privateKey: KeyObject; publicKey: Uint8Array<ArrayBuffer> };
/** By seed: to read a key takes OpenSSL longer than to sign with it. */
const keyPairs = new WeakMap<Buffer, KeyPair>();

function keyPair(seed: Buffer): KeyPair {
  const known = keyPairs.get(seed);
  if (known) return known;
  const made = makeKeyPair(seed);
  keyPairs.set(seed, made);
  return made;
}

function makeKeyPair(seed: Buffer): KeyPair {
  const key = Buffer.concat([pkcs8Head, seed]);
  const privateKey = createPrivateKey({ key, format: "der", type: "pkcs8" });
  const { x = "" } = createPublicKey(privateKey).export({ format: "jwk" });
  return { privateKey, publicKey: Uint8Array.from(Buffer.from(x, "base64url")) };
}

/** Signs notes (https://c2sp.org/signed-note) under a name with the keys of the given seeds (RFC 8032). */
export function createNoteSigner(seeds: readonly Buffer[], name: string): NoteSigner {
  const pairs = seeds.map((seed) => {
    const { privateKey, publicKey } = keyPair(seed);
    return { privateKey, key: verifierKey(name, publicKey) };
  });
  return {
    keys: pairs.map(({ key }) => key),
    sign(text) {
      const bytes = Buffer.from(text);
      const lines = pairs.map(({ privateKey, key }) =>
        formatSignature(key, sign(null, bytes, privateKey)),
      );
      return `${text}\n${lines.join("")}`;
    },
  };
}

export type Cosigner = {
  /** The public keys, newest first. */
  keys: readonly VerifierKey[];
  /** The signature lines of a checkpoint's text, one for each key. */
  cosign(checkpointText: string, at: Date): string;
};

/** Cosigns checkpoints (https://c2sp.org/tlog-cosignature) as a witness of a name. */
export function createCosigner(seeds: readonly Buffer[], name: string): Cosigner {
  const pairs = seeds.map((seed) => {
    const { privateKey, publicKey } = keyPair(seed);
    return { privateKey, key: witnessKey(name, publicKey) };
  });
  return {
    keys: pairs.map(({ key }) => key),
    cosign(text, at) {
      const seconds = Math.floor(at.getTime() / 1000);
      const bytes = Buffer.from(cosignedText(text, seconds));
      return pairs
        .map(({ privateKey, key }) =>
          formatSignature(key, cosignatureBytes(seconds, sign(null, bytes, privateKey))),
        )
        .join("");
    },
  };
}
