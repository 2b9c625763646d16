import { fromBase64, sameBytes } from "./base64.ts";
import { type Checkpoint, parseCheckpoint } from "./checkpoint.ts";
import { openCosignatures, parseWitnessKey } from "./cosignature.ts";
import { commitmentsIn, opens, type PersonalData } from "./leaf.ts";
import { coverOf, Frontier, type Hash, hashLength, leafHash } from "./merkle.ts";
import { formatVerifierKey, openNote, parseVerifierKey } from "./signed-note.ts";

export const evidenceFormat = "muniment-evidence/1";

/** One entry: its leaf as text, that text's leaf hash, and the personal data that the leaf commits to. */
export type EvidenceEntry = {
  leaf: string;
  hash: string;
  actor: PersonalData | null;
  target: PersonalData | null;
};

/** Neighbouring entries, with the hashes of the subtrees to their left and to their right. */
export type EvidenceRange = {
  from: number;
  entries: EvidenceEntry[];
  left: string[];
  right: string[];
};

/** What shows to anybody, without the server, that entries stand in the log. All hashes are base 64. */
export type Evidence = {
  format: typeof evidenceFormat;
  /** Verifier keys of the log. Whoever verifies must know from elsewhere that one of them is right. */
  keys: string[];
  /** Keys of witnesses, for which the same holds. */
  witnesses?: string[] | undefined;
  /** A signed checkpoint (https://c2sp.org/tlog-checkpoint), with the cosignatures of witnesses. */
  checkpoint: string;
  ranges: EvidenceRange[];
};

export type Verdict =
  /** `signedBy` are the verifier keys whose signature is on the checkpoint, `cosignedBy` the witnesses'. */
  | {
      ok: true;
      checkpoint: Checkpoint;
      signedBy: string[];
      cosignedBy: { key: string; at: Date }[];
      entries: number;
    }
  /** `index` is the first wrong entry; null where it is not one entry that is wrong. */
  | { ok: false; index: number | null; reason: string };

const noHash: Hash = new Uint8Array(hashLength);

const wrong = (index: number | null, reason: string): Verdict => ({ ok: false, index, reason });

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** The bytes of a hash; of what is none, bytes that no tree has. */
function hashOf(text: string | undefined): Hash {
  try {
    const hash = fromBase64(text ?? "");
    return hash.length === hashLength ? hash : noHash;
  } catch {
    return noHash;
  }
}

/** The leaf hash of an entry that is what it says, or why it is not. */
function checkEntry({ leaf, hash, actor, target }: EvidenceEntry): Hash | string {
  try {
    // UTF-8 has one replacement for all lone surrogates, so texts that differ would hash alike.
    if (!leaf.isWellFormed()) return "the entry was changed: it holds a lone surrogate";
    const found = leafHash(leaf);
    if (!sameBytes(found, hashOf(hash))) {
      return "the entry was changed: its hash is not the one that was sealed";
    }
    if (!actor && !target) return found;
    const committed = commitmentsIn(leaf);
    if (!opens(committed.actor, actor)) return "the actor's personal data was changed";
    if (!opens(committed.target, target)) {
      return "the target's personal data was changed";
    }
    return found;
  } catch (error) {
    return `the entry cannot be read: ${messageOf(error)}`;
  }
}

function checkRange(
  { from, entries, left, right }: EvidenceRange,
  { size, root }: Checkpoint,
): Verdict | null {
  const to = from + entries.length;
  if (!Number.isSafeInteger(from) || from < 0 || entries.length === 0) {
    return wrong(null, "a range has no place or no entries");
  }
  if (to > size) return wrong(Math.max(from, size), `the checkpoint has only ${size} entries`);
  const [before, after] = [coverOf(0, from), coverOf(to, size)];
  const hasSides = left.length === before.length && right.length === after.length;
  const tree = new Frontier();
  if (hasSides) {
    for (const [at, { level }] of before.entries()) tree.append(hashOf(left[at]), level);
  }
  for (const [at, entry] of entries.entries()) {
    const hash = checkEntry(entry);
    if (typeof hash === "string") return wrong(from + at, hash);
    if (hasSides) tree.append(hash);
  }
  if (hasSides) {
    for (const [at, { level }] of after.entries()) tree.append(hashOf(right[at]), level);
    if (sameBytes(tree.root(), root)) return null;
  }
  const which = entries.length === 1 ? `entry ${from}` : `entries ${from} to ${to - 1}`;
  return wrong(from, `${which}: the proof does not lead to the signed root`);
}

async function openCheckpoint(
  note: string,
  trusted: readonly string[],
  witnesses: readonly string[],
) {
  const { text, signedBy } = await openNote(note, trusted.map(parseVerifierKey));
  const checkpoint = parseCheckpoint(text);
  if (signedBy.some(({ name }) => name !== checkpoint.origin)) {
    throw new Error("it was signed with the key of another log");
  }
  const cosigned = await openCosignatures(note, witnesses.map(parseWitnessKey));
  const cosignedBy = cosigned.map(({ key, at }) => ({ key: formatVerifierKey(key), at }));
  return { checkpoint, signedBy: signedBy.map(formatVerifierKey), cosignedBy };
}

/**
 * Verifies a bundle by itself. The answer is worth what the keys are worth: compare them with keys
 * from elsewhere, or give those as `trusted`, which then are the only ones that count; and so are
 * the keys of witnesses, of whom none is believed beside `trusted` unless given, too.
 */
export async function verifyEvidence(
  { format, keys, witnesses = [], checkpoint: note, ranges }: Evidence,
  trusted?: readonly string[],
  trustedWitnesses: readonly string[] = trusted ? [] : witnesses,
): Promise<Verdict> {
  if (format !== evidenceFormat) return wrong(null, `not of the format ${evidenceFormat}`);
  const opened = await openCheckpoint(note, trusted ?? keys, trustedWitnesses).catch(messageOf);
  if (typeof opened === "string") return wrong(null, `the checkpoint: ${opened}`);
  let entries = 0;
  for (const range of ranges) {
    const problem = checkRange(range, opened.checkpoint);
    if (problem) return problem;
    entries += range.entries.length;
  }
  return { ok: true, ...opened, entries };
}
