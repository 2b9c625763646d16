import { type Event, type TailMessage, tailInput } from "@muniment/shared/events.ts";
import { tracked } from "@trpc/server";
import { signedInOrApiKey } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { matches } from "./matches.ts";
import { type Question, toQuestion } from "./question.ts";
import { readTailBounds } from "./read-tail.ts";
import type { Follower } from "./tail-hub.ts";
import { formatPosition, isSeen, parsePosition, type TailPosition } from "./tail-position.ts";

/** A tail whose filters nothing passes says where it is this often, so that resuming stays cheap. */
const quietMilliseconds = 15_000;

type Tail = {
  follower: Follower;
  cluster: string;
  start: TailPosition;
  question: Question;
  signal: AbortSignal;
};

const message = (cluster: string, position: TailPosition, content: TailMessage) =>
  tracked(formatPosition(cluster, position), content);

function isAskedFor({ query, range }: Question, event: Event): boolean {
  const at = Date.parse(event.occurredAt);
  return at >= range.from && at < range.to && matches(query, event);
}

async function* followEvents({ follower, cluster, start, question, signal }: Tail) {
  try {
    yield message(cluster, start, { kind: "position" });
    let spokeAt = performance.now();
    // The receipt at the start is read again: perhaps only some of its events were seen.
    let after: TailPosition = { ...start, receipt: start.receipt - 1n };
    while (!signal.aborted) {
      const chunk = await follower.read(after);
      for (const { position, event } of chunk.items) {
        if (isSeen(position, start) || !isAskedFor(question, event)) continue;
        yield message(cluster, position, { kind: "event", event });
        if (signal.aborted) return;
        spokeAt = performance.now();
      }
      if (chunk.end) {
        after = chunk.end;
        if (performance.now() - spokeAt > quietMilliseconds) {
          yield message(cluster, after, { kind: "position" });
          spokeAt = performance.now();
        }
      }
      if (!chunk.full) await follower.more(signal);
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
    return followEvents({ follower, cluster: bounds.cluster, start, question, signal });
  });
