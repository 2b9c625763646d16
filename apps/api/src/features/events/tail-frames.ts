import type { Event } from "@muniment/shared/events.ts";
import { frame } from "../../trpc/framed.ts";
import { matches } from "./matches.ts";
import type { Question } from "./question.ts";
import type { TailChunk } from "./read-tail.ts";
import { formatPosition, isSeen, type TailPosition } from "./tail-position.ts";

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

const made = (cluster: string, items: readonly Item[]) =>
  Buffer.concat(items.map((item) => frameOf(cluster, item)));

/**
 * The events of a chunk that pass and were not seen before `start`, as messages. Each event is
 * serialised once, and followers who ask the same (`key`) share one buffer and one test of each event.
 */
export function framesOf(
  chunk: TailChunk,
  { cluster, question, key, start }: TailAsk,
): Buffer | undefined {
  const asked = ({ event }: Item) => isAskedFor(question, event);
  const [first] = chunk.items;
  if (!first) return undefined;
  if (isSeen(first.position, start)) {
    const fresh = chunk.items.filter((item) => !isSeen(item.position, start) && asked(item));
    return fresh.length > 0 ? made(cluster, fresh) : undefined;
  }
  const known = passing.get(chunk) ?? new Map<string, Buffer>();
  passing.set(chunk, known);
  const bytes = known.get(key) ?? made(cluster, chunk.items.filter(asked));
  known.set(key, bytes);
  return bytes.length > 0 ? bytes : undefined;
}

/** What one follower asks: the same `key` says the same question. */
export type TailAsk = { cluster: string; question: Question; key: string; start: TailPosition };

/** A text that is the same for the same question. */
export const keyOf = ({ query, range }: Question) =>
  JSON.stringify([query, String(range.from), String(range.to)]);
