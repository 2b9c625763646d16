import { promisify } from "node:util";
import { deflateRaw, inflateRaw } from "node:zlib";
import type { Tx } from "@muniment/db/database.ts";
import { eventImportPieces } from "@muniment/db/schema/event-imports.ts";
import { and, desc, eq, lte } from "drizzle-orm";
import type { Deps } from "../../deps.ts";
import { deriveKey, openBytes, sealBytes } from "../../encryption.ts";
import { AppError } from "../../errors.ts";

const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw);

const pieceBytes = 524_288;
/** Each piece has a key of its own, so a nonce of zeros is used once. */
const onceNonce = Buffer.alloc(12);
const placeOf = (importId: string, start: number) => `import:${importId}:${start}`;

type Keys = Pick<Deps, "dataKeys">;
type File = { userId: string; id: string };
type Piece = typeof eventImportPieces.$inferInsert;

async function keyOf({ dataKeys }: Keys, { userId, id }: File): Promise<Buffer> {
  const key = await dataKeys.keyFor(userId, `import:${id}`);
  if (!key) throw new AppError("not_found", "There is no such import.");
  return key;
}

/**
 * Compresses and encrypts a part of a file that begins at `offset`.
 * @throws AppError `not_found` when its user is erased meanwhile
 */
export async function sealPart(keys: Keys, file: File, offset: number, bytes: Uint8Array) {
  const key = await keyOf(keys, file);
  const pieces: Piece[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const start = offset + at;
    const plain = bytes.subarray(at, at + pieceBytes);
    const place = placeOf(file.id, start);
    const packed = await deflate(plain, { level: 1 });
    const sealed = sealBytes(deriveKey(key, place), onceNonce, packed, place);
    pieces.push({ userId: file.userId, importId: file.id, start, size: plain.length, sealed });
  }
  return pieces;
}

/** Reads a file's bytes from one place to another. @throws Error when any of them are missing */
export async function* readFile(
  deps: Keys & Pick<Deps, "database">,
  file: File,
  from: number,
  to: number,
): AsyncGenerator<Buffer> {
  const key = await keyOf(deps, file);
  let at = from;
  while (at < to) {
    const [piece] = await deps.database
      .background({ userId: file.userId })
      .select()
      .from(eventImportPieces)
      .where(and(eq(eventImportPieces.importId, file.id), lte(eventImportPieces.start, at)))
      .orderBy(desc(eventImportPieces.start))
      .limit(1);
    if (!piece || piece.start + piece.size <= at) {
      throw new Error("a piece of an import is missing");
    }
    const place = placeOf(file.id, piece.start);
    const packed = openBytes(deriveKey(key, place), Buffer.from(piece.sealed), place);
    const plain = await inflate(packed, { maxOutputLength: piece.size });
    yield plain.subarray(at - piece.start, to - piece.start);
    at = Math.min(piece.start + piece.size, to);
  }
}

export const deletePieces = (tx: Tx, importId: string) =>
  tx.delete(eventImportPieces).where(eq(eventImportPieces.importId, importId));
