import { type Account, deliver, type Target } from "@muniment/sdk/delivery";
import type { Batch, LogEvent } from "./batches.ts";
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

/**
 * Sends a batch until the server has answered for every event of it, and counts the answers. Returns
 * without an answer when stopped.
 * @throws DeliveryError
 */
export function deliverBatch(batch: Batch, delivery: Delivery): Promise<void> {
  const { target, tally, stop, retryForMs: retryForMilliseconds, onWait } = delivery;
  return deliver(batch, {
    target,
    stop,
    retryForMilliseconds,
    onWait,
    onRetry: () => {
      tally.retries += 1;
    },
    onAnswer: (account) => countAnswer(tally, account),
  });
}

function countAnswer(tally: Tally, account: Account<LogEvent>): void {
  tally.batches += 1;
  tally.sent += account.sent.length;
  tally.accepted += account.accepted;
  tally.duplicates += account.duplicates;
  tally.rejected += account.rejected.length;
  if (!account.balanced) tally.unbalanced += 1;
  for (const { event, reason, message } of account.rejected) {
    addRejection(tally, { line: event.line, reason, message });
  }
}
