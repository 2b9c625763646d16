import { chown, mkdir, mkdtemp, readdir, readlink, realpath, rm, symlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { ChildUser } from "./child-user.ts";
import { fitsSocketPath, SHORT_PLACE, SHORT_PREFIX } from "./socket-path.ts";

/** Names the socket file only: nothing listens on a network port. */
export const SOCKET_PORT = 5432;

/**
 * Where the server of `home` puts its socket: a directory of mode 0700 in `home`, or, where that path
 * is too long for a socket, one below /tmp that `home/socket` links to.
 */
export async function openSocketDirectory(home: string, user: ChildUser): Promise<string> {
  const here = join(home, "socket");
  await removeSocketDirectory(home);
  const short = fitsSocketPath(join(here, `.s.PGSQL.${SOCKET_PORT}`));
  const directory = short ? here : await mkdtemp(join(SHORT_PLACE, SHORT_PREFIX));
  if (short) await mkdir(here, { mode: 0o700 });
  else await symlink(directory, here);
  if (user) await chown(directory, user.uid, user.gid);
  return directory;
}

/** A crashed server leaves its socket and lock file; a reused process id would make PostgreSQL trust them. */
export async function emptySocketDirectory(directory: string): Promise<void> {
  for (const name of await readdir(directory)) await rm(join(directory, name), { force: true });
}

export async function removeSocketDirectory(home: string): Promise<void> {
  const here = join(home, "socket");
  const target = await readlink(here).catch(() => undefined);
  const ours =
    target && dirname(target) === SHORT_PLACE && basename(target).startsWith(SHORT_PREFIX);
  if (ours) await rm(target, { recursive: true, force: true });
  await rm(here, { recursive: true, force: true });
}

/** The socket directory of the server of `home`, if there is one. */
export async function findSocketDirectory(home: string): Promise<string | undefined> {
  return realpath(join(home, "socket")).catch(() => undefined);
}
