import { sha256 as portable } from "@noble/hashes/sha2.js";
import { toBase64 } from "./base64.ts";

type NodeCrypto = {
  hash?(algorithm: string, data: Uint8Array | string, encoding: "latin1" | "base64"): string;
};
type NodeProcess = { getBuiltinModule?(name: string): NodeCrypto | undefined };

const { process } = globalThis as { process?: NodeProcess };
const node = process?.getBuiltinModule?.("node:crypto")?.hash;

/** A character of Latin-1 for each byte, which Node.js makes in a quarter of the time of an array. */
function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = text.charCodeAt(at);
  return bytes;
}

/** SHA-256 (FIPS 180-4): Node.js's own where there is one, which is several times as fast. */
export const sha256: (data: Uint8Array) => Uint8Array = node
  ? (data) => bytesOf(node("sha256", data, "latin1"))
  : portable;

const encoder = new TextEncoder();

/** SHA-256 of the UTF-8 of a text. */
export const sha256OfText: (text: string) => Uint8Array = node
  ? (text) => bytesOf(node("sha256", text, "latin1"))
  : (text) => portable(encoder.encode(text));

/** The same in base 64. */
export const sha256OfTextInBase64: (text: string) => string = node
  ? (text) => node("sha256", text, "base64")
  : (text) => toBase64(sha256OfText(text));
