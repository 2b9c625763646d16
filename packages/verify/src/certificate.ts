import { canonicalJson } from "./canonical-json.ts";
import { openNote, parseVerifierKey } from "./signed-note.ts";

/** First line of a certificate, so that none can be taken for a checkpoint, nor the other way round. */
const title = "Muniment certificate of erasure v1";

/** Something of the person that an erasure cannot reach; `until` is a time or a sentence. */
export type Remainder = { what: string; where: string; until: string };

/** What is stated of an erasure. Ids are random and say nothing about the person. */
export type Certificate = {
  id: string;
  /** The audit log in which the erasure is entered. */
  log: string;
  /** Id of the account. */
  erased: string;
  erasedAt: string;
  cause: "self" | "administrator" | "ledger";
  /** Ids of the keys that were destroyed, and with them what they encrypted. */
  keys: string[];
  /** When what was left in the database's files had been overwritten; null while it may not be. */
  cleanedAt: string | null;
  remains: Remainder[];
};

/** The text to be signed as a note (https://c2sp.org/signed-note) by a key of the log. */
export const certificateText = (certificate: Certificate): string =>
  `${title}\n${canonicalJson(certificate)}\n`;

/**
 * Reads a certificate that one of the given keys signed, each `<name>+<id>+<base64>`.
 * @throws where none of them signed it, it is no certificate, or it is of another log than its key
 */
export async function openCertificate(
  note: string,
  trusted: readonly string[],
): Promise<{ certificate: Certificate; signedBy: string[] }> {
  const { text, signedBy } = await openNote(note, trusted.map(parseVerifierKey));
  const [first, json = "", end] = text.split("\n");
  if (first !== title || end !== "") throw new Error("not a certificate of erasure");
  const certificate = JSON.parse(json) as Certificate;
  if (signedBy.some(({ name }) => name !== certificate.log)) {
    throw new Error("it was signed with the key of another log");
  }
  return { certificate, signedBy: signedBy.map(({ name }) => name) };
}
