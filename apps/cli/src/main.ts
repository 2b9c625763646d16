import { commands } from "./commands.ts";
import { dispatch } from "./dispatch.ts";

const interruption = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    // The first asks for an orderly end, the second does not wait for it.
    if (interruption.signal.aborted) process.exit(130);
    interruption.abort();
  });
}

// A reader that has seen enough, such as `head`, is no failure.
const leaving = new AbortController();
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") return leaving.abort();
  // Such as a full disk: at once, before anything counts as printed.
  process.stderr.write(`muniment: the standard output cannot be written: ${error.message}\n`);
  process.exit(1);
});

process.exitCode = await dispatch(process.argv.slice(2), commands, {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  signal: interruption.signal,
  readerGone: leaving.signal,
});
