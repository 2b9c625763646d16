import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { promisify } from "node:util";

/** The user PostgreSQL's processes run as; `undefined` means the current one. */
export type ChildUser = { uid: number; gid: number } | undefined;

/** What every child process sees: nothing of our own environment, because that holds secrets. */
export const CHILD_ENVIRONMENT = { PATH: "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" };

// initdb insists on a user that has a name, and this one has one on every Linux without creating an account.
const NOBODY = { uid: 65_534, gid: 65_534 };

export function isRoot(): boolean {
  return process.geteuid?.() === 0;
}

/**
 * PostgreSQL refuses to run as root. As root it runs as the owner of the existing database, so that
 * one made by an ordinary user keeps working, and as `nobody` when there is none yet.
 */
export async function childUserFor(cluster: string): Promise<ChildUser> {
  if (!isRoot()) return undefined;
  const owner = await stat(cluster).catch(() => undefined);
  return owner && owner.uid !== 0 ? { uid: owner.uid, gid: owner.gid } : NOBODY;
}

/** Asks the kernel itself, because modes alone do not tell (ACLs, mounts, security modules). */
export async function canReach(directory: string, user: ChildUser): Promise<boolean> {
  const run = promisify(execFile);
  const options = { ...user, env: CHILD_ENVIRONMENT, cwd: "/", timeout: 10_000 };
  return run("/bin/sh", ["-c", 'cd -- "$1"', "sh", directory], options).then(
    () => true,
    () => false,
  );
}
