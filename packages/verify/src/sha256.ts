import { sha256 as portable } from "@noble/hashes/sha2.js";

type NodeCrypto = { hash?(algorithm: string, data: Uint8Array, encoding: "buffer"): Uint8Array };
type NodeProcess = { getBuiltinModule?(name: string): NodeCrypto | undefined };

const { process } = globalThis as { process?: NodeProcess };
const node = process?.getBuiltinModule?.("node:crypto");

/** SHA-256 (FIPS 180-4): Node.js's own where there is one, which is several times as fast. */
export const sha256: (data: Uint8Array) => Uint8Array = node?.hash
  ? (data) => node.hash?.("sha256", data, "buffer") ?? portable(data)
  : portable;
