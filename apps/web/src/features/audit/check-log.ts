import type { AuditCheckpoint } from "@muniment/shared/audit-log.ts";
import { fromBase64 } from "@muniment/verify/base64.ts";
import { parseCheckpoint } from "@muniment/verify/checkpoint.ts";
import { verifyConsistency } from "@muniment/verify/merkle.ts";
import { openNote, parseNote, parseVerifierKey } from "@muniment/verify/signed-note.ts";

/** What this browser saw of the log before: the checkpoint and the keys it was signed with. */
export type SeenLog = { note: string; keys: string[] };

export type LogCheck =
  /** `since` is the size that this browser saw before; null on its first look. */
  { ok: true; since: number | null } | { ok: false; reason: string };

type Prove = (from: number, to: number) => Promise<string[]>;

const openedWith = async (note: string, keys: readonly string[]) =>
  parseCheckpoint((await openNote(note, keys.map(parseVerifierKey))).text);

/** Checks a checkpoint's signature, and that the log only grew since this browser saw it before. */
export async function checkLog(
  { note, verifierKeys }: Pick<AuditCheckpoint, "note" | "verifierKeys">,
  seen: SeenLog | null,
  prove: Prove,
): Promise<LogCheck> {
  try {
    // Keys seen before count, so that nobody can put another in their place unnoticed.
    const now = await openedWith(note, seen?.keys ?? verifierKeys);
    if (!seen) return { ok: true, since: null };
    const before = parseCheckpoint(parseNote(seen.note).text);
    if (now.origin !== before.origin) {
      return { ok: false, reason: `This browser saw another log before, ${before.origin}.` };
    }
    if (now.size < before.size) {
      return {
        ok: false,
        reason: `The log had ${before.size} entries when this browser saw it before, and has ${now.size} now.`,
      };
    }
    const hashes = (await prove(before.size, now.size)).map(fromBase64);
    if (!verifyConsistency(before.size, now.size, hashes, before.root, now.root)) {
      return {
        ok: false,
        reason: `The first ${before.size} entries are not those that this browser saw before.`,
      };
    }
    return { ok: true, since: before.size };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, reason: `The checkpoint: ${message}.` };
  }
}
