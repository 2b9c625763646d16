import { Readable } from "node:stream";
import { commands } from "../src/commands.ts";
import { dispatch } from "../src/dispatch.ts";

type Call = {
  stdin?: Readable | string;
  env?: Record<string, string>;
  signal?: AbortSignal;
  isTTY?: boolean;
};

/** Calls the CLI in this process, as its main file would. */
export async function call(
  argv: string[],
  { stdin = "", env = {}, signal, isTTY = false }: Call = {},
) {
  let stdout = "";
  let stderr = "";
  const exitCode = await dispatch(argv, commands, {
    stdin: typeof stdin === "string" ? Readable.from([Buffer.from(stdin)]) : stdin,
    stdout: {
      write: (text) => {
        stdout += text;
      },
    },
    stderr: {
      isTTY,
      write: (text) => {
        stderr += text;
      },
    },
    env,
    signal: signal ?? new AbortController().signal,
  });
  return { exitCode, stdout, stderr };
}
