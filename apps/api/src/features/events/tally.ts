import type { Sent } from "./copy-events.ts";
import type { HeldBatch } from "./held-batch.ts";
import type { Claimed } from "./known-ids.ts";
import type { StoredBatch } from "./store-events.ts";

/** What a key sent, and what became of it. */
export type KeyTally = {
  userId: string;
  agentId: string;
  apiKeyId: string;
  batches: number;
  sent: number;
  accepted: number;
  duplicates: number;
  rejected: number;
  lastReceivedAt: number;
  /** The agent's own numbers of the stored events. */
  seqs: number[];
};

/** How many events of five minutes are more than before. */
export type CountTally = {
  userId: string;
  start: number;
  agentId: string;
  type: string;
  level: number;
  count: number;
};

export type Tally = {
  answers: StoredBatch[];
  /** The events to be stored, in the order sent. */
  stored: Sent[];
  keys: KeyTally[];
  counts: CountTally[];
};

const fiveMinutes = 300_000;

function add<T>(known: Map<string, T>, key: string, make: () => T): T {
  const found = known.get(key) ?? make();
  known.set(key, found);
  return found;
}

/**
 * Adds up what is to be written; `claimed` says of each event, in the order sent, whether it is new.
 * Without it all are.
 */
export function tally(batches: readonly HeldBatch[], claimed?: readonly Claimed[]): Tally {
  const answers: StoredBatch[] = [];
  const stored: Tally["stored"] = [];
  const keys = new Map<string, KeyTally>();
  const counts = new Map<string, CountTally>();
  let place = 0;
  // Most events count like the one before.
  let last: CountTally | undefined;
  for (const batch of batches) {
    const { userId, agentId, apiKeyId } = batch;
    const key = add(keys, userId + agentId + apiKeyId, () => {
      const nothing = { batches: 0, sent: 0, accepted: 0, duplicates: 0, rejected: 0 };
      return { userId, agentId, apiKeyId, ...nothing, lastReceivedAt: 0, seqs: [] };
    });
    const answer: StoredBatch = { accepted: 0, conflicts: [] };
    for (const [e, event] of batch.events.entries()) {
      const what = claimed ? claimed[place] : "new";
      place += 1;
      if (what === "other") answer.conflicts.push(e);
      if (what !== "new") continue;
      answer.accepted += 1;
      stored.push({ batch, place: e, id: event.id, at: event.at });
      if (event.seq !== undefined) key.seqs.push(event.seq);
      const { type, level, at } = event;
      const start = at - (at % fiveMinutes);
      if (last?.type !== type || last.start !== start || last.level !== level) last = undefined;
      if (last?.userId !== userId || last.agentId !== agentId) {
        const cell = `${userId}${agentId}${start}${level}${type}`;
        last = add(counts, cell, () => ({ userId, start, agentId, type, level, count: 0 }));
      }
      last.count += 1;
    }
    const refused = batch.rejected + answer.conflicts.length;
    key.batches += 1;
    key.sent += batch.events.length + batch.rejected;
    key.accepted += answer.accepted;
    key.rejected += refused;
    key.duplicates += batch.events.length - answer.accepted - answer.conflicts.length;
    key.lastReceivedAt = Math.max(key.lastReceivedAt, batch.receivedAt);
    answers.push(answer);
  }
  return { answers, stored, keys: [...keys.values()], counts: [...counts.values()] };
}

/** Numbers as the text of a PostgreSQL multirange: `{[1,4),[7,8)}`; undefined for none. */
export function toMultirange(numbers: readonly number[]): string | undefined {
  if (numbers.length === 0) return undefined;
  const ranges: [number, number][] = [];
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && number <= last[1]) last[1] = Math.max(last[1], number + 1);
    else ranges.push([number, number + 1]);
  }
  return `{${ranges.map(([from, to]) => `[${from},${to})`).join(",")}}`;
}
