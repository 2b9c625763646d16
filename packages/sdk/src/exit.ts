import type { Muniment } from "./client.ts";

export type ExitOptions = {
  /** How long an ending process waits for the server. Default: 5 s. */
  timeoutMilliseconds?: number;
  /** Default: SIGTERM and SIGINT. */
  signals?: readonly NodeJS.Signals[];
};

/**
 * Sends what waits before the process ends: when it has nothing left to do, and at a signal. The
 * signal then ends the process as it would have, unless the application listens to it too and so
 * ends by itself. The returned function takes all of this back.
 */
export function flushOnExit(
  muniment: Muniment,
  { timeoutMilliseconds = 5000, signals = ["SIGTERM", "SIGINT"] }: ExitOptions = {},
): () => void {
  const onIdle = () => void muniment.flush(timeoutMilliseconds);

  const onSignal = (signal: NodeJS.Signals) => {
    // This one was taken off when it was called.
    const alone = process.listenerCount(signal) === 0;
    void muniment.close(timeoutMilliseconds).finally(() => {
      undo();
      if (alone) process.kill(process.pid, signal);
    });
  };

  const undo = () => {
    process.off("beforeExit", onIdle);
    for (const signal of signals) process.off(signal, onSignal);
  };

  // Once: what a server that is away does not take would keep the process for ever.
  process.once("beforeExit", onIdle);
  for (const signal of signals) process.once(signal, onSignal);
  return undo;
}
