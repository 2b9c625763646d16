import type { Event } from "@muniment/shared/events.ts";
import { frame } from "../../trpc/framed.ts";
import { matches } from "./matches.ts";
import type { Question } from "./question.ts";
import type { TailChunk } from "./read-tail.ts";
import { formatPosition, type TailPosition } from "./tail-position.ts";

type Item = TailChunk["items"][number];

const frames = new WeakMap<Item, Buffer>();
const passing = new WeakMap<TailChunk, Map<string, Buffer>>();

function frameOf(cluster: string, item: Item): Buffer {
  const known = frames.get(item);
  if (known) return known;
  const made = frame(formatPosition(cluster, item.position), { kind: "event", event: item.event });
  frames.set(item, made);
  return made;
}

function isAskedFor({ query, range }: Question, event: Event): boolean {
  const at = Date.parse(event.occurredAt);
  return at >= range.from && at < range.to && matches(query, event);
}

/** What was deleted before it was read is told, whether or not it was asked for: nobody knows any more. */
function* messagesOf({ items, gap }: TailChunk, { cluster, question }: TailAsk): Generator<Buffer> {
  const skipped = (position: TailPosition, count: number | null) =>
    frame(formatPosition(cluster, position), { kind: "skipped", count });
  const [first] = items;
  if (first && gap) yield skipped({ ...first.position, ordinal: 0 }, null);
  let deleted = 0;
  for (const [at, item] of items.entries()) {
    if (item.event) {
      if (isAskedFor(question, item.event)) yield frameOf(cluster, item);
      continue;
    }
    deleted += 1;
    if (items[at + 1]?.event === null) continue;
    yield skipped(item.position, deleted);
    deleted = 0;
  }
}

/**
 * The messages of a chunk for who asks this. Each event is serialised once, and followers who ask the
 * same (`key`) share one buffer and one test of each event.
 */
export function framesOf(chunk: TailChunk, ask: TailAsk): Buffer | undefined {
  const known = passing.get(chunk) ?? new Map<string, Buffer>();
  passing.set(chunk, known);
  const bytes = known.get(ask.key) ?? Buffer.concat([...messagesOf(chunk, ask)]);
  known.set(ask.key, bytes);
  return bytes.length > 0 ? bytes : undefined;
}

/** What one follower asks: the same `key` says the same question. */
export type TailAsk = { cluster: string; question: Question; key: string };

/** A text that is the same for the same question. */
export const keyOf = ({ query, range }: Question) =>
  JSON.stringify([query, String(range.from), String(range.to)]);
