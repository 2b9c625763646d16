import type { Copy } from "@muniment/db/bulk.ts";
import type { CopyRows } from "@muniment/db/copy-rows.ts";
import { type HeldBatch, idRowBytes } from "./held-batch.ts";
import type { PartitionOf } from "./partitions.ts";

/** An event by its place in the batch it came in. */
export type Sent = { batch: HeldBatch; place: number; id: string; at: number };

function writeIds(rows: CopyRows, sorted: readonly Sent[]): void {
  for (const { batch, place } of sorted) {
    rows.part(batch.idRows, place * idRowBytes, (place + 1) * idRowBytes);
  }
}

/** Events that follow each other in their batch lie side by side there, mostly all of it. */
function writeEvents(rows: CopyRows, sent: readonly Sent[]): void {
  for (let at = 0; at < sent.length; ) {
    const first = sent[at] as Sent;
    let { place } = first;
    do {
      at += 1;
      place += 1;
    } while (sent[at]?.batch === first.batch && sent[at]?.place === place);
    const { rows: from, ends } = first.batch;
    rows.part(from, ends[first.place - 1] ?? 0, ends[place - 1] ?? 0);
  }
}

function byPartition(sent: readonly Sent[], partitionOf: PartitionOf): Map<string, Sent[]> {
  const parts = new Map<string, Sent[]>();
  for (const one of sent) {
    const partition = partitionOf(one.at);
    const part = parts.get(partition);
    if (part) part.push(one);
    else parts.set(partition, [one]);
  }
  return parts;
}

const isBefore = (one: Sent, other: Sent) =>
  one.batch.userId === other.batch.userId
    ? one.id < other.id
    : one.batch.userId < other.batch.userId;

/** Ids that nobody may have yet, sorted so that rivals cannot deadlock, and the events, each in its partition. */
export function copiesOf(stored: readonly Sent[], partitionOf: PartitionOf): Copy[] {
  if (stored.length === 0) return [];
  const sorted = [...stored].sort((a, b) => (isBefore(a, b) ? -1 : 1));
  const ids: Copy = {
    statement: "copy event_ids_all (user_id, id, occurred_at, digest) from stdin (format binary)",
    write: (rows) => writeIds(rows, sorted),
  };
  const events = [...byPartition(stored, partitionOf)].map(([partition, part]) => ({
    statement: `copy ${partition} (user_id, agent_id, api_key_id, batch_id, received_at, id,
      occurred_at, level, type, message, subject, trace_id, seq, props) from stdin (format binary)`,
    write: (rows: CopyRows) => writeEvents(rows, part),
  }));
  return [ids, ...events];
}
