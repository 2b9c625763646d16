import { readCheckpoint, type SignedCheckpoint } from "../../audit/checkpoints.ts";
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";

/** @throws AppError `not_found` before the first checkpoint, or where its tree is not of that size yet */
export async function newestCheckpoint(
  { database }: Deps,
  neededSize = 0,
): Promise<SignedCheckpoint> {
  const checkpoint = await readCheckpoint(database.audit);
  if (checkpoint && checkpoint.size >= neededSize) return checkpoint;
  throw new AppError("not_found", "The audit log has not so many entries.");
}
