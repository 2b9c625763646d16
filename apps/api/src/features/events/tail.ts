import { type TailMessage, tailInput } from "@muniment/shared/events.ts";
import { tracked } from "@trpc/server";
import { signedInOrApiKey } from "../../trpc/authenticated.ts";
import { framed } from "../../trpc/framed.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { toQuestion } from "./question.ts";
import { readTailBounds, type TailChunk } from "./read-tail.ts";
import { framesOf, keyOf, type TailAsk } from "./tail-frames.ts";
import type { Follower } from "./tail-hub.ts";
import { formatPosition, parsePosition, type TailPosition } from "./tail-position.ts";

/** A tail whose filters nothing passes says where it is this often, so that resuming stays cheap. */
const quietMilliseconds = 15_000;

type Tail = TailAsk & { start: TailPosition; follower: Follower; signal: AbortSignal };

type Message = ReturnType<typeof positionMessage>;

const positionMessage = (cluster: string, position: TailPosition) =>
  tracked<TailMessage>(formatPosition(cluster, position), { kind: "position" });

/** What of a chunk a follower keeps while its client reads: not the events, which many may be slow to read. */
function toSend(chunk: TailChunk, ask: TailAsk) {
  return { bytes: framesOf(chunk, ask), end: chunk.end, full: chunk.full };
}

async function* followEvents({ follower, signal, start, ...ask }: Tail) {
  const { cluster } = ask;
  try {
    yield positionMessage(cluster, start);
    let spokeAt = performance.now();
    let after = start;
    while (!signal.aborted) {
      const { bytes, end, full } = toSend(await follower.read(after), ask);
      if (bytes) {
        yield framed<Message>(bytes);
        spokeAt = performance.now();
      }
      if (end) {
        after = end;
        if (performance.now() - spokeAt > quietMilliseconds) {
          yield positionMessage(cluster, after);
          spokeAt = performance.now();
        }
      }
      if (!full) await follower.more(after);
    }
  } finally {
    follower.release();
  }
}

/**
 * The events of the caller's user as they are committed, each once and in the order of commits.
 * Begins after `lastEventId`, or now; first of all comes the place where it begins.
 */
export const tail = limited("general")
  .concat(signedInOrApiKey)
  .concat(permission("events:read"))
  .input(tailInput)
  .subscription(async ({ ctx: { deps, principal }, input, signal }) => {
    const { lastEventId, ...filters } = input ?? {};
    const question = await toQuestion(deps, principal, filters);
    if (!signal) throw new Error("a tail needs a signal that ends it");
    const bounds = await readTailBounds(deps.database, principal.userId);
    const start = lastEventId ? parsePosition(lastEventId, bounds) : bounds.end;
    const follower = deps.tails.follow(principal.userId);
    signal.addEventListener("abort", () => follower.release(), { once: true });
    if (signal.aborted) follower.release();
    const key = keyOf(question);
    return followEvents({ follower, signal, cluster: bounds.cluster, start, question, key });
  });
