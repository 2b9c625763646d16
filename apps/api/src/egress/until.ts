import type { Egress } from "./egress.ts";

/** Thrown where the time is over. */
export class TookTooLong extends Error {
  constructor() {
    super("It took too long.");
  }
}

/**
 * Milliseconds that are left until a time of `performance.now()`, the clock that nobody sets back.
 * @throws TookTooLong
 */
export function leftUntil(endsAt: number): number {
  const milliseconds = Math.floor(endsAt - performance.now());
  if (milliseconds <= 0) throw new TookTooLong();
  return milliseconds;
}

/** Ways out that close at a time of `performance.now()`. */
export const egressUntil = (egress: Egress, endsAt: number): Egress => ({
  ...egress,
  send: async (request) => {
    const timeoutMilliseconds = Math.min(request.timeoutMilliseconds, leftUntil(endsAt));
    return egress.send({ ...request, timeoutMilliseconds });
  },
});

/** Waits for something until a time of `performance.now()`. @throws TookTooLong */
export async function finishedBy<T>(endsAt: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeOut = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new TookTooLong()), endsAt - performance.now());
  });
  try {
    return await Promise.race([work, timeOut]);
  } finally {
    clearTimeout(timer);
  }
}
