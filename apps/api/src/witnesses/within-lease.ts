import { egressUntil, finishedBy, leftUntil } from "../egress/until.ts";
import type { DeliverInput, SendInput } from "./send-checkpoint.ts";

/**
 * Runs a delivery with ways out that close when its time is over, so that nothing is sent to a place
 * that another node may have taken by then.
 * `endsAt` is a time of `performance.now()`.
 * @throws where it takes longer
 */
export async function withinLease<T>(
  input: DeliverInput,
  endsAt: number,
  act: (leased: SendInput) => Promise<T>,
): Promise<T> {
  const { egress, mailer } = input;
  const leased: SendInput = {
    ...input,
    requireLease: () => void leftUntil(endsAt),
    egress: egressUntil(egress, endsAt),
    mailer: {
      ...mailer,
      sendNow: async (message) => {
        leftUntil(endsAt);
        return mailer.sendNow(message);
      },
    },
  };
  return finishedBy(endsAt, act(leased));
}
