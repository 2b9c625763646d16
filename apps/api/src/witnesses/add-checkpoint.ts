import type { Database } from "@muniment/db/database.ts";
import { witnessedLogs } from "@muniment/db/schema/witnesses.ts";
import { sameBytes } from "@muniment/verify/base64.ts";
import { type Checkpoint, parseCheckpoint } from "@muniment/verify/checkpoint.ts";
import { emptyRoot, verifyConsistency } from "@muniment/verify/merkle.ts";
import {
  formatSignature,
  keyOf,
  openNote,
  parseNote,
  parseVerifierKey,
} from "@muniment/verify/signed-note.ts";
import { eq } from "drizzle-orm";
import { raiseAlert } from "../alerts/raise.ts";
import type { Cosigner } from "../audit/note-signer.ts";
import { parseSubmission, type Submission } from "./submission.ts";

/** What a witness answers, with the status that https://c2sp.org/tlog-witness gives it. */
export type WitnessAnswer =
  | { status: 200; lines: string }
  | { status: 409; size: number }
  | { status: 400 | 403 | 404 | 422; why: string };

type Input = { database: Database; cosigner: Cosigner; now: () => Date };
type Known = typeof witnessedLogs.$inferSelect;

const isFork = ({ note, size }: Known, { root, size: stated }: Checkpoint) =>
  note !== null && size === stated && !sameBytes(parseCheckpoint(parseNote(note).text).root, root);

/** Whether a checkpoint extends what this witness cosigned before; a sentence where it does not. */
function inconsistency(known: Known, { oldSize, proof }: Submission, now: Checkpoint) {
  if (now.size === 0 && !sameBytes(now.root, emptyRoot)) return "an empty log has another root";
  const before = known.note === null ? emptyRoot : parseCheckpoint(parseNote(known.note).text).root;
  return verifyConsistency(oldSize, now.size, proof, before, now.root)
    ? null
    : "the proof does not show that the log only grew";
}

/**
 * Judges what a log submits, and remembers its checkpoint before it is cosigned: two submissions at
 * once take turns, so that no smaller or other log is ever cosigned after one.
 */
export async function addCheckpoint(
  { database, cosigner, now }: Input,
  text: string,
): Promise<WitnessAnswer> {
  let submission: Submission;
  let stated: Checkpoint;
  let signedText: string;
  try {
    submission = parseSubmission(text);
    signedText = parseNote(submission.note).text;
    stated = parseCheckpoint(signedText);
  } catch (error) {
    return { status: 400, why: error instanceof Error ? error.message : "not a submission" };
  }
  return database.transaction({}, async (tx): Promise<WitnessAnswer> => {
    const [known] = await tx
      .select()
      .from(witnessedLogs)
      .where(eq(witnessedLogs.origin, stated.origin))
      .for("update");
    if (!known) return { status: 404, why: "this witness does not know the log" };
    const keys = known.keys.map(parseVerifierKey);
    const opened = await openNote(submission.note, keys).catch(() => null);
    if (!opened) return { status: 403, why: "no known key of the log signed the checkpoint" };
    const forked = isFork(known, stated);
    if (forked) {
      await raiseAlert(tx, "witnessed_log_forked", {
        userId: null,
        key: stated.origin,
        details: { log: stated.origin, size: stated.size },
        now: now(),
      });
    }
    if (submission.oldSize > stated.size) {
      return { status: 400, why: "the old size is above that of the checkpoint" };
    }
    // The specification has the size alone told of another state of the same size, too.
    if (submission.oldSize !== known.size || forked) return { status: 409, size: known.size };
    const why = inconsistency(known, submission, stated);
    if (why) return { status: 422, why };
    const at = now();
    const lines = cosigner.cosign(signedText, at);
    // Only what was verified is served again, once for each key, as any number of lines may repeat one.
    const { signatures } = parseNote(submission.note);
    const kept = [...new Set(opened.signedBy)]
      .map((key) => {
        const made = signatures.find((one) => keyOf(one, [key]));
        return made ? formatSignature(key, made.signature) : "";
      })
      .join("");
    await tx
      .update(witnessedLogs)
      .set({ size: stated.size, note: `${signedText}\n${kept}${lines}`, cosignedAt: at })
      .where(eq(witnessedLogs.id, known.id));
    return { status: 200, lines };
  });
}
