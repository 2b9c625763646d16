import type { QueuedEvent } from "./event.ts";
import { countFitting, type EventQueue, type Overflow } from "./queue.ts";

export type MemoryBounds = {
  /** Default: 10,000. */
  maxEvents?: number | undefined;
  /** Of their JSON text, in characters. Default: 16 million. */
  maxLength?: number | undefined;
  /** Default: `drop-newest`. */
  overflow?: Overflow | undefined;
};

/** A queue that ends with its process. */
export function createMemoryQueue({
  maxEvents = 10_000,
  maxLength = 16_000_000,
  overflow = "drop-newest",
}: MemoryBounds = {}): EventQueue {
  const events: QueuedEvent[] = [];
  let length = 0;
  /** The first of them are being sent and must stay where they are. */
  let lent = 0;

  const hasRoom = (size: number) => events.length < maxEvents && length + size <= maxLength;

  return {
    push(event) {
      const size = event.json.length;
      let evicted = 0;
      if (overflow === "drop-oldest" && size <= maxLength) {
        while (!hasRoom(size) && events.length > lent) {
          const [oldest] = events.splice(lent, 1);
          length -= oldest?.json.length ?? 0;
          evicted += 1;
        }
      }
      if (!hasRoom(size)) return { taken: false, evicted };
      events.push(event);
      length += size;
      return { taken: true, evicted };
    },
    async peek(most, maxBytes) {
      lent = countFitting(events, most, maxBytes);
      return events.slice(0, lent);
    },
    async remove(count) {
      for (const { json } of events.splice(0, count)) length -= json.length;
      lent = Math.max(0, lent - count);
    },
    size: () => events.length,
    lastSeq: () => -1,
    stored: async () => {},
    close: async () => {},
  };
}
