import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { readIfThere } from "./files.ts";

const PROGRAM = /(^|\/)(postgres|initdb) /;

/**
 * Ends what is left of an earlier server whose owner was killed. The caller holds the directory's lock,
 * so no living owner has a claim to these processes. Each carries the cluster's name in its command
 * line, which every user may read. First a clean shutdown, then force: at most about 5 s.
 */
export async function endLeftovers(clusterName: string): Promise<void> {
  const programs = () => findProcesses(clusterName, "programs");
  await signalUntilGone(programs, "SIGINT", 3_000);
  await signalUntilGone(programs, "SIGQUIT", 700);
  await signalUntilGone(programs, "SIGKILL", 500);
  // Without a postmaster they have nothing to finish, but their shared memory blocks the next start.
  const all = () => findProcesses(clusterName, "all");
  await signalUntilGone(all, "SIGQUIT", 500);
  await signalUntilGone(all, "SIGKILL", 1_000);
}

/**
 * PostgreSQL takes a living process of its user for its predecessor even if the number was merely
 * reused. To be called after endLeftovers: whatever has that number now is no server of this database.
 */
export async function removeStalePidFile(cluster: string): Promise<void> {
  const path = join(cluster, "postmaster.pid");
  const content = await readIfThere(path);
  const pid = Number.parseInt(content ?? "", 10);
  const holder = (await listProcesses()).find((process) => process.pid === pid);
  if (!holder) return;
  // A PostgreSQL we do not know may have this very directory under an older path: then it must refuse.
  if (!PROGRAM.test(holder.command)) await rm(path, { force: true });
}

async function signalUntilGone(
  find: () => Promise<number[]>,
  signal: NodeJS.Signals,
  waitMs: number,
): Promise<void> {
  const giveUpAt = Date.now() + waitMs;
  let pids = await find();
  for (const pid of pids) send(pid, signal);
  while (pids.length > 0 && Date.now() < giveUpAt) {
    await sleep(20);
    pids = await find();
  }
}

async function findProcesses(clusterName: string, kind: "programs" | "all"): Promise<number[]> {
  const argument = ` cluster_name=${clusterName} `;
  const title = `postgres: ${clusterName}: `;
  const isOurs = (command: string) =>
    (PROGRAM.test(command) && command.includes(argument)) ||
    (kind === "all" && command.startsWith(title));
  return (await listProcesses()).filter(({ command }) => isOurs(command)).map(({ pid }) => pid);
}

/** Every process this user may see, with its command line followed by a space. */
export async function listProcesses(): Promise<{ pid: number; command: string }[]> {
  if (!existsSync("/proc/self/cmdline")) return listProcessesByPs();
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map((pid) => ({ pid: Number(pid), command: commandOf(pid) }));
}

// Synchronous, because these reads touch no disk and a thousand round trips to the thread pool take a while.
function commandOf(pid: string): string {
  try {
    return `${readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")} `;
  } catch {
    return "";
  }
}

// For macOS, which has no /proc.
async function listProcessesByPs(): Promise<{ pid: number; command: string }[]> {
  const { stdout } = await promisify(execFile)("ps", ["-axww", "-o", "pid=,command="], {
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout.split("\n").map((line) => {
    const [, pid = "0", command = ""] = /^\s*(\d+) (.*)$/.exec(line) ?? [];
    return { pid: Number(pid), command: `${command} ` };
  });
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended between being found and being signalled.
  }
}
