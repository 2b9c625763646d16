import { execFile } from "node:child_process";
import { chown, mkdir, open, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { CHILD_ENVIRONMENT, type ChildUser } from "./child-user.ts";
import { CLUSTER } from "./database-home.ts";
import { StartFailed, WrongDatabaseVersion } from "./errors.ts";
import { readIfThere } from "./files.ts";

/** The superuser that owns the database. */
export const OWNER = "muniment_owner";

/**
 * Makes the database of `home` with initdb unless it is there already. It is made under another name
 * and renamed when complete, so that a database that was interrupted while being made is never used.
 *
 * @throws WrongDatabaseVersion when it was made by another major version
 */
export async function ensureCluster(options: {
  home: string;
  native: string;
  major: string;
  clusterName: string;
  password: string;
  user: ChildUser;
}): Promise<void> {
  const { home, native, user } = options;
  const cluster = join(home, CLUSTER);
  const version = await readIfThere(join(cluster, "PG_VERSION"));
  if (version !== undefined && version.trim() !== options.major) {
    throw new WrongDatabaseVersion(cluster, version.trim(), options.major);
  }
  if (version !== undefined) return;

  const unfinished = join(home, `${CLUSTER}.new`);
  await rm(unfinished, { recursive: true, force: true, maxRetries: 10 });
  await mkdir(unfinished, { mode: 0o700 });
  const passwordFile = join(unfinished, "password");
  await writeFile(passwordFile, `${options.password}\n`, { mode: 0o600, flag: "wx" });
  if (user) {
    await chown(passwordFile, user.uid, user.gid);
    await chown(unfinished, user.uid, user.gid);
  }
  try {
    await runInitdb(join(native, "bin", "initdb"), user, [
      ...["-D", join(unfinished, "data"), "--username", OWNER, "--pwfile", passwordFile],
      ...["--auth-local=scram-sha-256", "--auth-host=reject", "--data-checksums"],
      ...["--encoding=UTF8", "--locale=C"],
      ...["--locale-provider=builtin", "--builtin-locale=C.UTF-8"],
      ...["--no-instructions", "--set", `cluster_name=${options.clusterName}`],
    ]);
    await rename(join(unfinished, "data"), cluster);
    await syncDirectory(home);
  } finally {
    await rm(unfinished, { recursive: true, force: true, maxRetries: 10 });
  }
}

async function runInitdb(program: string, user: ChildUser, args: string[]): Promise<void> {
  const options = { ...user, env: CHILD_ENVIRONMENT, cwd: "/", timeout: 120_000 };
  try {
    await promisify(execFile)(program, args, options);
  } catch (cause) {
    const { stdout = "", stderr = "" } = cause as { stdout?: string; stderr?: string };
    throw new StartFailed("PostgreSQL could not make its database.", `${stdout}${stderr}`, cause);
  }
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path);
  await handle.sync().finally(() => handle.close());
}
