import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";

/**
 * Runs `act` again and again with a pause, never twice at once; a failure is tried again.
 * Stopping cuts the pause short, waits for what is under way, two pauses at most, and runs `act` a last time;
 * beside what is still under way then it does not, and logs so as an error.
 */
export function repeat(
  milliseconds: number,
  act: () => Promise<void>,
  log: Pick<Logger, "debug" | "error">,
): () => Promise<void> {
  const stopping = new AbortController();
  const pause = { signal: stopping.signal, ref: false };
  const done = (async () => {
    while (!stopping.signal.aborted) {
      await act().catch((error: unknown) => log.debug({ err: error }, "background write failed"));
      await sleep(milliseconds, undefined, pause).catch(() => {});
    }
  })();
  return async () => {
    stopping.abort();
    const isDone = await Promise.race([
      done.then(() => true),
      sleep(2 * milliseconds, false, { ref: false }),
    ]);
    if (!isDone) return log.error("background write still under way, so none was made a last time");
    await act().catch((error: unknown) =>
      log.error({ err: error }, "last background write failed"),
    );
  };
}
