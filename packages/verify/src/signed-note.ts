import { fromBase64, sameBytes, toBase64 } from "./base64.ts";
import { sha256 } from "./sha256.ts";

/** The signed-note format, https://c2sp.org/signed-note, with Ed25519 signatures. */
const ed25519 = 0x01;
/** Timestamped cosignatures of checkpoints, https://c2sp.org/tlog-cosignature. */
export const cosignatureType = 0x04;
const signatureLine = /^— ([^\s+]+) (\S+)$/;
const maxSignatures = 100;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the format forbids them all but the line feed
const control = /[\0-\x09\x0b-\x1f]/;

/** A key that notes can be verified with; `type` says what it signs, and in which form. */
export type VerifierKey = {
  name: string;
  id: Uint8Array;
  publicKey: Uint8Array<ArrayBuffer>;
  type: number;
};

export type NoteSignature = { name: string; id: Uint8Array; signature: Uint8Array<ArrayBuffer> };
export type Note = { text: string; signatures: NoteSignature[] };

const hex = (bytes: Uint8Array) =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

export function verifierKey(
  name: string,
  publicKey: Uint8Array<ArrayBuffer>,
  type = ed25519,
): VerifierKey {
  const head = new TextEncoder().encode(`${name}\n`);
  const id = sha256(Uint8Array.of(...head, type, ...publicKey)).slice(0, 4);
  return { name, id, publicKey, type };
}

/** `<name>+<hex id>+<base64 of type and public key>`, as other tools take it. */
export const formatVerifierKey = ({ name, id, publicKey, type }: VerifierKey) =>
  `${name}+${hex(id)}+${toBase64(Uint8Array.of(type, ...publicKey))}`;

/** @throws where the text is not an Ed25519 key for signatures of the type, or its id is not the key's */
export function parseKeyOf(type: number, text: string): VerifierKey {
  const [name = "", id = "", ...rest] = text.split("+");
  const bytes = fromBase64(rest.join("+"));
  if (name === "" || /\s/.test(name) || bytes.length !== 33 || bytes[0] !== type) {
    throw new Error("not an Ed25519 verifier key");
  }
  const key = verifierKey(name, bytes.slice(1), type);
  if (hex(key.id) !== id) throw new Error("the verifier key's id is not that of its key");
  return key;
}

/** @throws where the text is not a key, not an Ed25519 key, or its id is not the key's */
export const parseVerifierKey = (text: string): VerifierKey => parseKeyOf(ed25519, text);

/** One signature line, with its line feed. */
export const formatSignature = ({ name, id }: VerifierKey, signature: Uint8Array) =>
  `— ${name} ${toBase64(Uint8Array.of(...id, ...signature))}\n`;

/** Splits a note. Says nothing about its signatures. @throws where it is not a note */
export function parseNote(note: string): Note {
  const end = note.lastIndexOf("\n\n");
  if (end < 0 || !note.endsWith("\n") || control.test(note)) throw new Error("not a signed note");
  const lines = note.slice(end + 2, -1).split("\n");
  if (lines.length > maxSignatures) throw new Error("too many signatures");
  const signatures = lines.map((line) => {
    const [, name, text] = signatureLine.exec(line) ?? [];
    const bytes = fromBase64(text ?? "?");
    if (name === undefined || bytes.length < 5) throw new Error("not a signature line");
    return { name, id: bytes.slice(0, 4), signature: bytes.slice(4) };
  });
  return { text: note.slice(0, end + 1), signatures };
}

/** Notes one after another, as in a file that they are appended to. */
export function splitNotes(text: string): string[] {
  return text.match(/[^\n][\s\S]*?\n\n(?:— .+\n)+/g) ?? [];
}

type ImportedKey = ReturnType<typeof crypto.subtle.importKey>;
const imported = new WeakMap<VerifierKey, ImportedKey>();

function cryptoKeyOf(key: VerifierKey): ImportedKey {
  const known = imported.get(key);
  if (known) return known;
  const made = crypto.subtle.importKey("raw", key.publicKey, "Ed25519", false, ["verify"]);
  imported.set(key, made);
  return made;
}

/** Whether a key made an Ed25519 signature (RFC 8032) over the UTF-8 of a text. */
export async function isSignedBy(
  text: string,
  signature: Uint8Array<ArrayBuffer>,
  key: VerifierKey,
): Promise<boolean> {
  const bytes = new TextEncoder().encode(text);
  return crypto.subtle.verify("Ed25519", await cryptoKeyOf(key), signature, bytes);
}

/** The key that a signature says it is of. */
export const keyOf = <K extends VerifierKey>(
  { name, id }: NoteSignature,
  keys: readonly K[],
): K | undefined => keys.find((known) => known.name === name && sameBytes(known.id, id));

/**
 * The text of a note and which of the given keys signed it; unknown signatures are passed over.
 * @throws where no given key signed it, or the signature of one is wrong
 */
export async function openNote(
  note: string,
  keys: readonly VerifierKey[],
): Promise<{ text: string; signedBy: VerifierKey[] }> {
  const { text, signatures } = parseNote(note);
  const signedBy: VerifierKey[] = [];
  for (const signature of signatures) {
    const key = keyOf(signature, keys);
    if (!key) continue;
    if (!(await isSignedBy(text, signature.signature, key)))
      throw new Error(`the signature of ${key.name} is wrong`);
    signedBy.push(key);
  }
  if (signedBy.length === 0) throw new Error("no known key signed it");
  return { text, signedBy };
}
