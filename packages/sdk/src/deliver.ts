import { post, type Target } from "./post.ts";

export type { Target } from "./post.ts";

/** What the server answered for events that it will not be asked about again. */
export type Account<T> = {
  sent: readonly T[];
  accepted: number;
  duplicates: number;
  rejected: { event: T; reason: string; message: string }[];
  /** Whether the answer accounts for every event. */
  balanced: boolean;
};

export type Delivery<T> = {
  target: Target;
  /** Aborted when nothing more shall be sent. A call under way is finished, and not repeated. */
  stop: AbortSignal;
  /** Aborted when the present wait shall end, unless the server asked for it. */
  hurry?(): AbortSignal;
  /** How long one batch is tried. */
  retryForMilliseconds: number;
  /** Told of each part of the batch, in order, before the next is sent. */
  onAnswer(account: Account<T>): unknown;
  onWait?(why: string, milliseconds: number): void;
  onRetry?(): void;
};

/** The server cannot be reached or refuses the calls: more of them would fare no better. */
export class DeliveryError extends Error {
  override name = "DeliveryError";
}

/**
 * Sends a batch until the server has answered for every event of it; what is too large goes in
 * halves. Returns early when stopped.
 * @throws DeliveryError
 */
export async function deliver<T extends { json: string }>(
  batch: readonly T[],
  delivery: Delivery<T>,
): Promise<void> {
  const { target, stop, retryForMilliseconds, onAnswer } = delivery;
  const deadline = Date.now() + retryForMilliseconds;
  for (let attempt = 0; !stop.aborted; attempt += 1) {
    if (attempt > 0) delivery.onRetry?.();
    const answer = await post(target, batch);
    if (answer.kind === "stored") {
      const { accepted, duplicates } = answer;
      const rejected = answer.rejected.flatMap(({ index, reason, message }) => {
        const event = batch[index];
        return event ? [{ event, reason, message }] : [];
      });
      const balanced = accepted + duplicates + answer.rejected.length === batch.length;
      await onAnswer({ sent: batch, accepted, duplicates, rejected, balanced });
      return;
    }
    if (answer.kind === "refused") throw new DeliveryError(answer.why);
    if (answer.kind === "divide") {
      const [first] = batch;
      if (batch.length === 1 && first) {
        const rejected = [{ event: first, reason: answer.reason, message: answer.why }];
        await onAnswer({ sent: batch, accepted: 0, duplicates: 0, rejected, balanced: true });
        return;
      }
      const middle = Math.ceil(batch.length / 2);
      await deliver(batch.slice(0, middle), delivery);
      return deliver(batch.slice(middle), delivery);
    }
    const wait = backoffMilliseconds(attempt, answer.afterMilliseconds);
    if (Date.now() + wait > deadline) {
      throw new DeliveryError(`${answer.why} Given up after ${attempt + 1} attempts.`);
    }
    delivery.onWait?.(answer.why, wait);
    const hurry = answer.afterMilliseconds ? undefined : delivery.hurry?.();
    await pause(wait, hurry ? [stop, hurry] : [stop]);
  }
}

/**
 * How long to wait before the next attempt: anything (full jitter, so that senders do not come at
 * once) up to twice as long each time, from half a second to a minute, and never less than the
 * server asks for.
 */
export function backoffMilliseconds(attempt: number, after = 0, random = Math.random()): number {
  const bound = Math.min(60_000, 500 * 2 ** attempt);
  return after > 0 ? after + random * Math.min(bound, 1000) : random * bound;
}

function pause(milliseconds: number, ends: readonly AbortSignal[]): Promise<void> {
  if (ends.some(({ aborted }) => aborted)) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      for (const end of ends) end.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    for (const end of ends) end.addEventListener("abort", done);
  });
}
