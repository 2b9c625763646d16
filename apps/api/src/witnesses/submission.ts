import { fromBase64, toBase64 } from "@muniment/verify/base64.ts";
import { type Hash, hashLength } from "@muniment/verify/merkle.ts";

/** What a log sends to `add-checkpoint` of a witness, https://c2sp.org/tlog-witness. */
export type Submission = { oldSize: number; proof: Hash[]; note: string };

const maxProof = 63;

export const formatSubmission = ({ oldSize, proof, note }: Submission): string =>
  `old ${oldSize}\n${proof.map((hash) => `${toBase64(hash)}\n`).join("")}\n${note}`;

/** @throws where the text is none */
export function parseSubmission(text: string): Submission {
  const end = text.indexOf("\n\n");
  const [first = "", ...lines] = text.slice(0, Math.max(end, 0)).split("\n");
  const [, size] = /^old (0|[1-9]\d{0,15})$/.exec(first) ?? [];
  if (size === undefined || !Number.isSafeInteger(Number(size)) || lines.length > maxProof) {
    throw new Error("not a submission to a witness");
  }
  const proof = lines.map(fromBase64);
  if (proof.some((hash) => hash.length !== hashLength)) throw new Error("not a hash");
  return { oldSize: Number(size), proof, note: text.slice(end + 2) };
}
