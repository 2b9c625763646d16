import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { CHILD_ENVIRONMENT, type ChildUser } from "./child-user.ts";

const KEPT_LINES = 30;

/** One run of the postmaster. */
export type ServerProcess = {
  /** Resolves when it has ended, with its exit code, or null when a signal ended it. */
  exit: Promise<number | null>;
  hasExited(): boolean;
  /** When it last wrote to its log, in milliseconds since the epoch. */
  lastSignOfLife(): number;
  logTail(): string;
  /** Fast shutdown; bounded, then by force. */
  shutDown(): Promise<void>;
};

export function spawnServer(options: {
  native: string;
  cluster: string;
  args: string[];
  user: ChildUser;
  log: (line: string) => void;
}): ServerProcess {
  // Detached, so that Ctrl-C in a terminal reaches us alone and requests in flight can still be answered.
  const child = spawn(
    join(options.native, "bin", "postgres"),
    ["-D", options.cluster, ...options.args],
    {
      ...options.user,
      env: CHILD_ENVIRONMENT,
      cwd: "/",
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const tail: string[] = [];
  let signOfLife = Date.now();
  const keep = (line: string) => {
    signOfLife = Date.now();
    tail.push(line);
    if (tail.length > KEPT_LINES) tail.shift();
    options.log(line);
  };
  createInterface({ input: child.stdout }).on("line", keep);
  createInterface({ input: child.stderr }).on("line", keep);

  const stopWatching = child.pid ? stopWithUs(child.pid, options.user) : () => undefined;
  let exited = false;
  const exit = new Promise<number | null>((resolve) => {
    child.on("error", (error) => {
      keep(String(error));
      if (child.pid === undefined) resolve(null);
    });
    // 'close' comes after the last log line, but waits for backends that hold the pipe; 'exit' does not.
    child.once("exit", (code) => resolve(code));
  }).finally(() => {
    exited = true;
    stopWatching();
  });

  const endBy = async (signal: NodeJS.Signals, waitMs: number) => {
    if (exited) return;
    child.kill(signal);
    await Promise.race([exit, unrefSleep(waitMs)]);
  };
  return {
    exit,
    hasExited: () => exited,
    lastSignOfLife: () => signOfLife,
    logTail: () => tail.join("\n"),
    shutDown: async () => {
      await endBy("SIGINT", 15_000);
      await endBy("SIGQUIT", 3_000);
      await endBy("SIGKILL", 1_000);
    },
  };
}

/**
 * A shell that waits for its input to end, which happens when our process does, even by kill -9, and
 * then shuts the server down. Returns the function that calls it off.
 */
function stopWithUs(pid: number, user: ChildUser): () => void {
  const watcher = spawn("/bin/sh", ["-c", 'read -r _; kill -INT "$1"', "sh", String(pid)], {
    ...user,
    env: CHILD_ENVIRONMENT,
    cwd: "/",
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  watcher.once("error", () => undefined);
  watcher.stdin.once("error", () => undefined);
  watcher.unref();
  return () => {
    watcher.kill("SIGKILL");
    watcher.stdin.destroy();
  };
}

function unrefSleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
