import {
  cosignatureType,
  isSignedBy,
  keyOf,
  parseKeyOf,
  parseNote,
  type VerifierKey,
  verifierKey,
} from "./signed-note.ts";

/** What a witness says of a checkpoint, https://c2sp.org/tlog-cosignature, version 1 with Ed25519. */
export type Cosignature = { key: VerifierKey; at: Date };

const timestampLength = 8;
const signatureLength = 64;

export const witnessKey = (name: string, publicKey: Uint8Array<ArrayBuffer>): VerifierKey =>
  verifierKey(name, publicKey, cosignatureType);

/** @throws where the text is not the key of a witness */
export const parseWitnessKey = (text: string): VerifierKey => parseKeyOf(cosignatureType, text);

/** What a witness signs: that at a time (seconds) this was the largest checkpoint of the log it saw. */
export const cosignedText = (checkpointText: string, seconds: number): string =>
  `cosignature/v1\ntime ${seconds}\n${checkpointText}`;

/** The bytes of a cosignature, without the id of its key. */
export function cosignatureBytes(seconds: number, signature: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(timestampLength + signatureLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(seconds));
  bytes.set(signature, timestampLength);
  return bytes;
}

/**
 * Who of the given witnesses cosigned a checkpoint's note, and when; signatures of others are passed over.
 * @throws where it is no note, or a cosignature of one of them is wrong
 */
export async function openCosignatures(
  note: string,
  witnesses: readonly VerifierKey[],
): Promise<Cosignature[]> {
  const { text, signatures } = parseNote(note);
  const found: Cosignature[] = [];
  for (const made of signatures) {
    const key = keyOf(made, witnesses);
    if (!key) continue;
    const wrong = new Error(`the cosignature of ${key.name} is wrong`);
    if (made.signature.length !== timestampLength + signatureLength) throw wrong;
    const seconds = new DataView(made.signature.buffer).getBigUint64(0);
    if (seconds > Number.MAX_SAFE_INTEGER / 1000) throw wrong;
    const signed = cosignedText(text, Number(seconds));
    if (!(await isSignedBy(signed, made.signature.slice(timestampLength), key))) throw wrong;
    found.push({ key, at: new Date(Number(seconds) * 1000) });
  }
  return found;
}
