import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { formatSignature, type VerifierKey, verifierKey } from "@muniment/verify/signed-note.ts";

/** An Ed25519 private key in PKCS #8 without its seed (RFC 8410). */
const pkcs8Head = Buffer.from("302e020100300506032b657004220420", "hex");

export type NoteSigner = {
  /** The public keys, newest first. */
  keys: readonly VerifierKey[];
  /** The text as a note signed with every key, so that who knows only an old one can follow. */
  sign(text: string): string;
};

/** Signs notes (https://c2sp.org/signed-note) under a name with the keys of the given seeds (RFC 8032). */
export function createNoteSigner(seeds: readonly Buffer[], name: string): NoteSigner {
  const pairs = seeds.map((seed) => {
    const key = Buffer.concat([pkcs8Head, seed]);
    const privateKey = createPrivateKey({ key, format: "der", type: "pkcs8" });
    const { x = "" } = createPublicKey(privateKey).export({ format: "jwk" });
    return { privateKey, key: verifierKey(name, Uint8Array.from(Buffer.from(x, "base64url"))) };
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
