import {
  type CosignedCheckpoint,
  readCheckpoint,
  readCosignedCheckpoint,
  type SignedCheckpoint,
} from "../../audit/checkpoints.ts";
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";

const notSoMany = () => new AppError("not_found", "The audit log has not so many entries.");

/** @throws AppError `not_found` before the first checkpoint, or where its tree is not of that size yet */
export async function newestCheckpoint(
  { database }: Deps,
  neededSize = 0,
): Promise<SignedCheckpoint> {
  const checkpoint = await readCheckpoint(database.audit);
  if (checkpoint && checkpoint.size >= neededSize) return checkpoint;
  throw notSoMany();
}

/**
 * The newest that a witness cosigned, or else the newest.
 * @throws AppError `not_found` where none has a tree of that size yet
 */
export async function cosignedCheckpoint(
  { database, secrets }: Deps,
  neededSize: number,
): Promise<CosignedCheckpoint> {
  const checkpoint = await readCosignedCheckpoint(database.audit, neededSize, secrets.auditSigning);
  if (!checkpoint) throw notSoMany();
  return checkpoint;
}
