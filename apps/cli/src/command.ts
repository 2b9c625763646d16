import type { Readable } from "node:stream";
import { type ParseArgsConfig, parseArgs } from "node:util";

export type Output = { write(text: string): unknown; isTTY?: boolean };

/** Everything a command may touch of its process. */
export type Io = {
  stdin: Readable;
  stdout: Output;
  stderr: Output;
  env: Record<string, string | undefined>;
  /** Aborted when the user interrupts: finish what is under way, then report. */
  signal: AbortSignal;
  /** Aborted when nobody reads the standard output any more. */
  readerGone?: AbortSignal;
};

export type Command = {
  name: string;
  /** One line for the list of commands. */
  summary: string;
  /** The whole of `--help`, exit codes included. */
  usage: string;
  /** Resolves to the exit code. */
  run(argv: string[], io: Io): Promise<number>;
};

/** What exit codes mean, in every command. */
export const exitCodes = {
  ok: 0,
  /** It ran, and something was rejected, failed or is not as it should be. */
  failed: 1,
  /** It was called wrongly; nothing was done. */
  usage: 2,
  /** The server could not be reached, or refused the calls. */
  refused: 3,
} as const;

/** The command was called wrongly; the message says how. */
export class UsageError extends Error {}

/** `parseArgs` of node:util, strict, whose errors are usage errors. */
export function parseArguments<T extends ParseArgsConfig>(config: T) {
  try {
    return parseArgs({ ...config, strict: true });
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new UsageError(cause.message, { cause });
  }
}
