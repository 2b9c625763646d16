import { type TailMessage, tailInput } from "@muniment/shared/events.ts";
import { tracked } from "@trpc/server";
import { signedInOrApiKey } from "../../trpc/authenticated.ts";
import { framed } from "../../trpc/framed.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { toQuestion } from "./question.ts";
import { readTailBounds } from "./read-tail.ts";
import { framesOf, keyOf, type TailAsk } from "./tail-frames.ts";
import type { Follower } from "./tail-hub.ts";
import { formatPosition, parsePosition, type TailPosition } from "./tail-position.ts";

/** A tail whose filters nothing passes says where it is this often, so that resuming stays cheap. */
const quietMilliseconds = 15_000;

type Tail = TailAsk & { follower: Follower; signal: AbortSignal };

type Message = ReturnType<typeof positionMessage>;

const positionMessage = (cluster: string, position: TailPosition) =>
  tracked<TailMessage>(formatPosition(cluster, position), { kind: "position" });

async function* followEvents({ follower, signal, ...ask }: Tail) {
  const { cluster, start } = ask;
  try {
    yield positionMessage(cluster, start);
    let spokeAt = performance.now();
    // The receipt at the start is read again: perhaps only some of its events were seen.
    let after: TailPosition = { ...start, receipt: start.receipt - 1n };
    while (!signal.aborted) {
      const chunk = await follower.read(after);
      const bytes = framesOf(chunk, ask);
      if (bytes) {
        yield framed<Message>(bytes);
        spokeAt = performance.now();
      }
      if (chunk.end) {
        after = chunk.end;
        if (performance.now() - spokeAt > quietMilliseconds) {
          yield positionMessage(cluster, after);
          spokeAt = performance.now();
        }
      }
      if (!chunk.full) await follower.more();
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
