import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";

/**
 * Runs `act` again and again with a pause, never twice at once; a failure is tried again.
 * Stopping cuts the pause short, waits for what is under way, two pauses at most, and runs `act` a last time.
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
    await Promise.race([done, sleep(2 * milliseconds, undefined, { ref: false })]);
    await act().catch((error: unknown) =>
      log.error({ err: error }, "last background write failed"),
    );
  };
}
