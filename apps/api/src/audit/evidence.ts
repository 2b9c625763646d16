import type { Query } from "@muniment/db/statements.ts";
import { toBase64 } from "@muniment/verify/base64.ts";
import {
  type Evidence,
  type EvidenceEntry,
  type EvidenceRange,
  evidenceFormat,
} from "@muniment/verify/evidence.ts";
import { leafText } from "@muniment/verify/leaf.ts";
import { formatVerifierKey } from "@muniment/verify/signed-note.ts";
import type postgres from "postgres";
import type { CosignedCheckpoint } from "./checkpoints.ts";
import type { DataKeys } from "./data-keys.ts";
import { leafOf } from "./entry-leaf.ts";
import { createNoteSigner } from "./note-signer.ts";
import { type OpenedPersonal, personalColumnsOf, readable } from "./sealed-personal.ts";
import { readSides } from "./tree.ts";

const entryOf = (row: postgres.Row, opened: OpenedPersonal | undefined): EvidenceEntry => ({
  leaf: leafText(leafOf(row)),
  hash: toBase64(row.hash),
  actor: readable(opened?.actor),
  target: readable(opened?.target),
});

async function readRange(
  sql: Query,
  keys: DataKeys,
  from: number,
  to: number,
  size: number,
): Promise<EvidenceRange> {
  const rows = await sql`
    select hash, e.* from audit_leaves join audit_entries e on e.id = entry_id
    where index >= ${from} and index < ${to} order by index`;
  if (rows.length !== to - from) throw new Error(`entries ${from} to ${to - 1} are not all there`);
  const opened = await keys.open(rows.map(personalColumnsOf));
  const { left, right } = await readSides(sql, from, to, size);
  return {
    from,
    entries: rows.map((row, at) => entryOf(row, opened[at])),
    left: left.map(toBase64),
    right: right.map(toBase64),
  };
}

/** Neighbouring entries with all that is needed to verify them elsewhere, under a checkpoint. */
export async function readEvidence(
  sql: Query,
  keys: DataKeys,
  { note, origin, size, witnesses }: CosignedCheckpoint,
  seeds: readonly Buffer[],
  from: number,
  to: number,
): Promise<Evidence> {
  return {
    format: evidenceFormat,
    keys: createNoteSigner(seeds, origin).keys.map(formatVerifierKey),
    ...(witnesses.length > 0 ? { witnesses } : {}),
    checkpoint: note,
    ranges: [await readRange(sql, keys, from, to, size)],
  };
}
