import { spawn } from "node:child_process";
import { open, rm, statfs } from "node:fs/promises";
// biome-ignore lint/correctness/useImportExtensions: scripts run before anything is installed.
import { mounting } from "../../../scripts/may-mount.mjs";

export type SmallDisk = {
  /** Before a command: lets it see the disk. */
  enter: string[];
  /** Where those who do not see the disk find a path on it. */
  pathOf(path: string): string;
  close(): void;
};

/**
 * A disk of its own at `place`, seen only by what is started through `enter`. A process holds it that
 * ends with this one, however that is ended, so nothing stays mounted.
 */
export async function openSmallDisk(place: string, bytes: number): Promise<SmallDisk> {
  const script = `${mounting} && echo mounted && exec cat`;
  const holder = spawn("unshare", ["-m", "sh", "-c", script, place, String(bytes)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  await new Promise<void>((resolve, reject) => {
    holder.stdout.once("data", () => resolve());
    holder.once("exit", (code) => reject(new Error(`the disk could not be mounted: ${code}`)));
  });
  return {
    enter: ["nsenter", "-t", String(holder.pid), "-m", "--"],
    pathOf: (path) => `/proc/${holder.pid}/root${path}`,
    close: () => holder.kill("SIGKILL"),
  };
}

/** Writes a file that leaves at most `leftBytes` of its disk free; the answer deletes it. */
export async function fillDisk(path: string, leftBytes: number): Promise<() => Promise<void>> {
  const zeros = Buffer.alloc(1_048_576);
  const file = await open(path, "w");
  try {
    for (;;) {
      const { bavail, bsize } = await statfs(path);
      const more = bavail * bsize - leftBytes;
      if (more <= 0) break;
      await file.write(zeros, 0, Math.min(more, zeros.length));
    }
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
  } finally {
    await file.close();
  }
  return () => rm(path);
}
