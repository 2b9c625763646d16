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
/** The number of columns, and four values behind their lengths: two ids, a time, a digest. */
export const idRowBytes = 2 + 4 + 16 + 4 + 16 + 4 + 8 + 4 + digestBytes;

/** The digest of an event in hex. */
export const digestOf = ({ idRows }: HeldBatch, place: number) =>
  idRows.toString("hex", (place + 1) * idRowBytes - digestBytes, (place + 1) * idRowBytes);

// Of one batch at a time: what they hold is copied.
const ids = new CopyRows();
const rows = new CopyRows();
const common = new CopyRows();
const uuidBytes = 4 + 16;

export function holdBatch({ events, ...batch }: Batch): HeldBatch {
  const { userId, agentId, apiKeyId, batchId, receivedAt } = batch;
  ids.clear();
  rows.clear();
  common.clear();
  for (const id of [userId, agentId, apiKeyId, batchId]) common.uuid(id);
  common.time(receivedAt);
  const same = common.bytes();
  const ends: number[] = [];
  for (const event of events) {
    ids.row(4);
    ids.part(same, 0, uuidBytes);
    ids.uuid(event.id);
    ids.time(event.at);
    ids.hex(event.digest);
    rows.row(14);
    rows.part(same, 0, same.length);
    rows.uuid(event.id);
    rows.time(event.at);
    rows.smallint(event.level);
    rows.text(event.type);
    rows.text(event.message);
    rows.text(event.subject);
    rows.text(event.traceId);
    rows.bigint(event.seq);
    rows.jsonb(event.props);
    ends.push(rows.length);
  }
  return {
    ...batch,
    events: events.map(({ id, at, type, level, seq }) => ({ id, at, type, level, seq })),
    idRows: Buffer.from(ids.bytes()),
    rows: Buffer.from(rows.bytes()),
    ends,
  };
}
