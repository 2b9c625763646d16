import { setTimeout as sleep } from "node:timers/promises";
import type { Answer } from "./answer.ts";
import type { Batch } from "./batches.ts";
import { post, type Target } from "./post.ts";
import { addRejection, type Tally } from "./tally.ts";

export type Delivery = {
  target: Target;
  tally: Tally;
  /** Aborted when nothing more shall be sent. A call under way is finished, and not repeated. */
  stop: AbortSignal;
  /** How long one batch is tried, in milliseconds. */
  retryForMs: number;
  onWait: (why: string, milliseconds: number) => void;
};

/** The server cannot be reached or refuses the calls: more of them would fare no better. */
export class DeliveryError extends Error {}

/**
 * Sends a batch until the server has answered for every event of it, and counts the answers. What
 * is too large goes in halves. Returns without an answer when stopped; throws DeliveryError.
 */
export async function deliver(batch: Batch, delivery: Delivery): Promise<void> {
  const { target, tally, stop, retryForMs, onWait } = delivery;
  const deadline = Date.now() + retryForMs;
  for (let attempt = 0; !stop.aborted; attempt += 1) {
    if (attempt > 0) tally.retries += 1;
    const answer = await post(target, batch);
    if (answer.kind === "stored") return countStored(tally, batch, answer);
    if (answer.kind === "refused") throw new DeliveryError(answer.why);
    if (answer.kind === "too_large") {
      if (batch.length === 1) return countTooLarge(tally, batch, answer);
      const middle = Math.ceil(batch.length / 2);
      await deliver(batch.slice(0, middle), delivery);
      return deliver(batch.slice(middle), delivery);
    }
    const wait = backoffMs(attempt, answer.afterMs);
    if (Date.now() + wait > deadline) {
      throw new DeliveryError(`${answer.why} Given up after ${attempt + 1} attempts.`);
    }
    onWait(answer.why, wait);
    await sleep(wait, undefined, { signal: stop }).catch(() => {});
  }
}

/**
 * How long to wait before the next attempt: twice as long each time from a quarter of a second to
 * half a minute, never less than the server asks for, and spread so that senders do not come at once.
 */
export function backoffMs(attempt: number, afterMs = 0, random = Math.random()): number {
  const grown = Math.min(30_000, 250 * 2 ** attempt);
  return Math.max(grown * (0.5 + random / 2), afterMs + random * 250);
}

function countStored(tally: Tally, batch: Batch, answer: Extract<Answer, { kind: "stored" }>) {
  const { accepted, duplicates, rejected } = answer;
  tally.batches += 1;
  tally.sent += batch.length;
  tally.accepted += accepted;
  tally.duplicates += duplicates;
  tally.rejected += rejected.length;
  if (accepted + duplicates + rejected.length !== batch.length) tally.unbalanced += 1;
  for (const { index, reason, message } of rejected) {
    addRejection(tally, { line: batch[index]?.line ?? 0, reason, message });
  }
}

function countTooLarge(
  tally: Tally,
  batch: Batch,
  { reason, why }: { reason: string; why: string },
) {
  tally.batches += 1;
  tally.sent += 1;
  tally.rejected += 1;
  addRejection(tally, { line: batch[0]?.line ?? 0, reason, message: why });
}
