import { type CopyRows, valuesOf } from "@muniment/db/copy-rows.ts";
import type { ParsedEvent } from "./parse-event.ts";
import type { PartitionOf } from "./partitions.ts";
import type { Batch } from "./store-events.ts";

/** An event with the batch it came in. */
export type Sent = { batch: Batch; event: ParsedEvent };

/** A `COPY` and what writes its rows. */
export type Copy = { statement: string; write: (rows: CopyRows) => void };

/** What is the same in all events of a batch. */
const inCommon = ({ userId, agentId, apiKeyId, batchId, receivedAt }: Batch) =>
  valuesOf((rows) => {
    for (const id of [userId, agentId, apiKeyId, batchId]) rows.uuid(id);
    rows.time(receivedAt);
  });

function writeIds(rows: CopyRows, sorted: readonly Sent[]): void {
  for (const { batch, event } of sorted) {
    rows.row(4);
    rows.uuid(batch.userId);
    rows.uuid(event.id);
    rows.time(event.at);
    rows.hex(event.digest);
  }
}

function writeEvents(rows: CopyRows, sent: readonly Sent[]): void {
  let common: Uint8Array = new Uint8Array();
  let last: Batch | undefined;
  for (const { batch, event } of sent) {
    if (batch !== last) common = inCommon(batch);
    last = batch;
    rows.row(14);
    rows.values(common);
    rows.uuid(event.id);
    rows.time(event.at);
    rows.smallint(event.level);
    rows.text(event.type);
    rows.text(event.message);
    rows.text(event.subject);
    rows.text(event.traceId);
    rows.bigint(event.seq);
    rows.jsonb(event.props);
  }
}

function byPartition(sent: readonly Sent[], partitionOf: PartitionOf): Map<string, Sent[]> {
  const parts = new Map<string, Sent[]>();
  for (const one of sent) {
    const partition = partitionOf(one.event.at);
    const part = parts.get(partition);
    if (part) part.push(one);
    else parts.set(partition, [one]);
  }
  return parts;
}

const isBefore = (one: Sent, other: Sent) =>
  one.batch.userId === other.batch.userId
    ? one.event.id < other.event.id
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
