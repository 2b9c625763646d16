import type { DeliverInput, SendInput } from "./send-checkpoint.ts";

/**
 * Runs a delivery with ways out that close when its time is over, so that nothing is sent to a place
 * that another node may have taken by then.
 * `endsAt` is a time of `performance.now()`, the clock that nobody sets back.
 * @throws where it takes longer
 */
export async function withinLease<T>(
  input: DeliverInput,
  endsAt: number,
  act: (leased: SendInput) => Promise<T>,
): Promise<T> {
  const tooLate = () => new Error("It took too long.");
  const left = () => {
    const milliseconds = Math.floor(endsAt - performance.now());
    if (milliseconds <= 0) throw tooLate();
    return milliseconds;
  };
  const { egress, mailer } = input;
  const leased: SendInput = {
    ...input,
    requireLease: () => void left(),
    egress: {
      ...egress,
      send: async (request) => {
        const timeoutMilliseconds = Math.min(request.timeoutMilliseconds, left());
        return egress.send({ ...request, timeoutMilliseconds });
      },
    },
    mailer: {
      ...mailer,
      sendNow: async (message) => {
        left();
        return mailer.sendNow(message);
      },
    },
  };
  let timer: NodeJS.Timeout | undefined;
  const timeOut = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(tooLate()), endsAt - performance.now());
  });
  try {
    return await Promise.race([act(leased), timeOut]);
  } finally {
    clearTimeout(timer);
  }
}
