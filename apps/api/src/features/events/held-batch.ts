import { CopyRows } from "@muniment/db/copy-rows.ts";
import type { ParsedEvent } from "./parse-event.ts";

/** The events of one call that may be stored. */
export type Batch = {
  userId: string;
  agentId: string;
  apiKeyId: string;
  batchId: string;
  receivedAt: number;
  events: readonly ParsedEvent[];
  /** How many of the call's events were refused before. */
  rejected: number;
  /** Its receipt is looked for by its id, so it is not shared with other batches. */
  hasOwnReceipt: boolean;
};

/**
 * A batch as it waits to be stored: of each event what flushes ask about, the rest as the rows that
 * PostgreSQL reads, outside of the heap, whose collector would copy it twice before it is stored.
 */
export type HeldBatch = Omit<Batch, "events"> & {
  events: readonly Pick<ParsedEvent, "id" | "at" | "type" | "level" | "seq">[];
  /** Rows of `event_ids`, each of `idRowBytes`. */
  idRows: Buffer;
  /** Rows of `events`, and where each ends. */
  rows: Buffer;
  ends: readonly number[];
};

const digestBytes = 32;
const uuidBytes = 4 + 16;
const timeBytes = 4 + 8;
/** The number of columns, and four values behind their lengths: two ids, a time, a digest. */
export const idRowBytes = 2 + 4 + 16 + 4 + 16 + 4 + 8 + 4 + digestBytes;

/** Where the id of an event lies in its row of `event_ids`, and its time, lengths included. */
export const idPlace = [2 + uuidBytes, 2 + 2 * uuidBytes] as const;
export const timePlace = [idPlace[1], idPlace[1] + timeBytes] as const;

/** The digest of an event in hex. */
export const digestOf = ({ idRows }: HeldBatch, place: number) =>
  idRows.toString("hex", (place + 1) * idRowBytes - digestBytes, (place + 1) * idRowBytes);

// Of one batch at a time: what they hold is copied.
const ids = new CopyRows();
const rows = new CopyRows();
/** The ids of a batch and its time, which every row of it repeats. */
const common = new CopyRows();

/** Small batches share a piece of memory, since to make a buffer of its own takes longer than to fill it. */
const shareBytes = 65_536;
let shared = Buffer.allocUnsafeSlow(0);
let used = 0;

function keep(written: CopyRows): Buffer {
  const { length } = written;
  if (length > shareBytes / 8) return Buffer.from(written.bytes());
  if (used + length > shared.length) {
    shared = Buffer.allocUnsafeSlow(shareBytes);
    used = 0;
  }
  const kept = shared.subarray(used, used + length);
  used += length;
  written.copyTo(kept);
  return kept;
}

export function holdBatch(batch: Batch): HeldBatch {
  const { userId, agentId, apiKeyId, batchId, receivedAt, rejected, hasOwnReceipt, events } = batch;
  ids.clear();
  rows.clear();
  common.clear();
  common.uuid(userId);
  common.uuid(agentId);
  common.uuid(apiKeyId);
  common.uuid(batchId);
  common.time(receivedAt);
  const same = common.bytes();
  const ends: number[] = [];
  for (const event of events) {
    const from = ids.length;
    ids.row(4);
    ids.part(same, 0, uuidBytes);
    ids.uuid(event.id);
    ids.time(event.at);
    ids.hex(event.digest);
    rows.row(14);
    rows.part(same, 0, same.length);
    rows.partOf(ids, from + idPlace[0], from + timePlace[1]);
    rows.smallint(event.level);
    rows.text(event.type);
    rows.text(event.message);
    rows.text(event.subject);
    rows.text(event.traceId);
    rows.bigint(event.seq);
    rows.jsonb(event.props);
    ends.push(rows.length);
  }
  // Field by field: to copy the rest of an object costs as much as all the above for a batch of one.
  return {
    userId,
    agentId,
    apiKeyId,
    batchId,
    receivedAt,
    rejected,
    hasOwnReceipt,
    events: events.map(({ id, at, type, level, seq }) => ({ id, at, type, level, seq })),
    idRows: keep(ids),
    rows: keep(rows),
    ends,
  };
}
