import { type StatsFs, statfsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import type { Logger } from "pino";
import { diskFull } from "./errors.ts";

/** Within it a full ingest writes about 20 MB. */
const checkEveryMilliseconds = 250;

export type DiskSpace = {
  /** @throws AppError `disk_full` while less than the reserve is free */
  require(): void;
  readonly enough: boolean;
  stop(): void;
};

/**
 * Watches a disk, so that what grows is refused while there is still room for what must go on: without
 * any for its write-ahead log PostgreSQL stops, and nothing can be read. Without a directory, or with
 * `reserveBytes` 0, nothing is refused. `tell` hears of every change.
 */
export function watchDiskSpace(
  directory: string | null,
  reserveBytes: number,
  log: Pick<Logger, "info" | "error">,
  tell: () => void = () => {},
): DiskSpace {
  if (directory === null) return { require() {}, enough: true, stop() {} };
  // What the system keeps for root is of no use to PostgreSQL's own user.
  // Some file systems do not tell their size.
  const isEnough = ({ blocks, bavail, bsize }: StatsFs) =>
    blocks === 0 || bavail * bsize >= reserveBytes;
  let enough = true;
  const note = (now: boolean) => {
    if (now === enough) return;
    enough = now;
    log[now ? "info" : "error"]({ enough, directory, reserveBytes }, "disk space");
    tell();
  };
  note(isEnough(statfsSync(directory)));

  let checking = false;
  const timer = setInterval(async () => {
    if (checking) return;
    checking = true;
    // A directory that cannot be looked at says nothing of its space.
    note(await statfs(directory).then(isEnough, () => enough));
    checking = false;
  }, checkEveryMilliseconds).unref();

  return {
    require() {
      if (!enough) throw diskFull();
    },
    get enough() {
      return enough;
    },
    stop: () => clearInterval(timer),
  };
}
