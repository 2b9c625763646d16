import { open, realpath } from "node:fs/promises";
import { hostname } from "node:os";
import { resolve } from "node:path";
import type { Readable } from "node:stream";
import { UsageError } from "../command.ts";

export type LogFile = {
  stream: Readable;
  /** The name of the log in its events' ids, unless the caller gives another. */
  source: string;
  /** What times without a year lie before, in milliseconds. */
  reference: () => number;
};

/** Opens the log, or takes the standard input for "-"; throws UsageError when it cannot be read. */
export async function openLog(file: string, stdin: Readable): Promise<LogFile> {
  if (file === "-") return { stream: stdin, source: "stdin", reference: Date.now };
  const handle = await open(file).catch((cause) => {
    throw new UsageError(`${file} cannot be read: ${cause.code}`, { cause });
  });
  const stats = await handle.stat();
  if (stats.isDirectory()) {
    await handle.close();
    throw new UsageError(`${file} is a directory.`);
  }
  // An old log was last written when its last line was: a better bound for its times than today.
  const written = stats.isFile() ? stats.mtimeMs : Number.POSITIVE_INFINITY;
  const path = stats.isFile() ? await realpath(file) : resolve(file);
  return {
    stream: handle.createReadStream({ highWaterMark: 256 * 1024 }),
    source: `${hostname()}:${path}`,
    reference: () => Math.min(written, Date.now()),
  };
}
