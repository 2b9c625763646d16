import type { Database } from "@muniment/db/database.ts";
import type { Logger } from "pino";
import { diskSpaceCheck } from "./checks/disks.ts";
import { tellOfChecks } from "./watch-posture.ts";

type Input = {
  database: Pick<Database, "transaction">;
  node: string;
  now: () => Date;
  log: Pick<Logger, "error">;
  isEnough: () => boolean;
};

export type SpaceTelling = {
  /** To be called at each change; tells what is so by then, one change after another. */
  tell(): void;
  /** Tries no more. */
  stop(): void;
};

/**
 * Tells administrators of a node's disks. Where that fails, as it does while the full disk is the
 * database's, it is tried again after a pause.
 */
export function createSpaceTelling(input: Input, pauseMilliseconds = 30_000): SpaceTelling {
  let telling = Promise.resolve();
  let again: NodeJS.Timeout | undefined;
  let isStopped = false;
  const tellNow = () =>
    tellOfChecks(input, [{ id: diskSpaceCheck, status: input.isEnough() ? "pass" : "fail" }]);
  const tell = () => {
    telling = telling.then(tellNow).catch((error: unknown) => {
      input.log.error({ err: error }, "nobody was told of the disk space");
      clearTimeout(again);
      if (!isStopped) again = setTimeout(tell, pauseMilliseconds).unref();
    });
  };
  return {
    tell,
    stop() {
      isStopped = true;
      clearTimeout(again);
    },
  };
}
