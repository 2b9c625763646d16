import type { Query } from "@muniment/db/statements.ts";
import { type Checkpoint, parseCheckpoint } from "@muniment/verify/checkpoint.ts";
import { openNote } from "@muniment/verify/signed-note.ts";
import { createNoteSigner } from "./note-signer.ts";

/** A checkpoint as it was signed. */
export type SignedCheckpoint = Checkpoint & { note: string; at: Date };

/** The newest checkpoint, as the database has it; null before the first. */
export async function readCheckpoint(sql: Query): Promise<SignedCheckpoint | null> {
  const [row] = await sql`select note, at from audit_checkpoints order by size desc limit 1`;
  if (!row) return null;
  const text = row.note.slice(0, row.note.indexOf("\n\n") + 1);
  return { ...parseCheckpoint(text), note: row.note, at: row.at };
}

/** Its note with the cosignatures that witnesses gave so far. */
export async function readWithCosignatures(sql: Query, { size, note }: SignedCheckpoint) {
  const rows = await sql`select line from audit_cosignatures where size = ${size} order by key`;
  return note + rows.map(({ line }) => line).join("");
}

/** A checkpoint with the cosignatures of witnesses in its note, and their keys. */
export type CosignedCheckpoint = SignedCheckpoint & { witnesses: string[] };

/**
 * The newest checkpoint of at least a size that a witness cosigned, or else the newest; null without one.
 * A key of the ring must have signed the cosigned one: under a key that was dropped since, nobody who
 * has only the present ones could verify it.
 */
export async function readCosignedCheckpoint(
  sql: Query,
  size: number,
  seeds: readonly Buffer[],
): Promise<CosignedCheckpoint | null> {
  const rows = await sql`
    select s.key, s.line, c.note, c.at from audit_cosignatures s join audit_checkpoints c using (size)
    where size = (select max(size) from audit_cosignatures where size >= ${size}) order by s.key`;
  const [first] = rows;
  const own = first && (await openOwnCheckpoint(first.note, seeds).catch(() => null));
  if (!own) {
    const newest = await readCheckpoint(sql);
    return newest && newest.size >= size ? { ...newest, witnesses: [] } : null;
  }
  return {
    ...own,
    note: first.note + rows.map(({ line }) => line).join(""),
    at: first.at,
    witnesses: rows.map(({ key }) => key),
  };
}

/** Reads a checkpoint that one of the ring's keys signed. @throws where none did */
export async function openOwnCheckpoint(
  note: string,
  seeds: readonly Buffer[],
): Promise<Checkpoint> {
  const origin = note.slice(0, note.indexOf("\n"));
  const { text } = await openNote(note, createNoteSigner(seeds, origin).keys);
  return parseCheckpoint(text);
}
