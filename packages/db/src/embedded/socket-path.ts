import { mkdtemp, rm, symlink } from "node:fs/promises";
import { join } from "node:path";

/** Short, and open to every user of every Unix; `TMPDIR` need be neither. */
export const SHORT_PLACE = "/tmp";

/** Prefix of everything put there. */
export const SHORT_PREFIX = "muniment-";

// sun_path holds 108 bytes on Linux and 104 on macOS, the terminating zero included.
const LONGEST_SOCKET_PATH = 103;

export function fitsSocketPath(path: string): boolean {
  return Buffer.byteLength(path) <= LONGEST_SOCKET_PATH;
}

/** Calls `use` with a path of the socket `name` in `directory` that the kernel accepts, however long the directory's own is. */
export async function withShortName<T>(
  directory: string,
  name: string,
  use: (path: string) => Promise<T>,
): Promise<T> {
  const path = join(directory, name);
  if (fitsSocketPath(path)) return use(path);
  const place = await mkdtemp(join(SHORT_PLACE, SHORT_PREFIX));
  try {
    await symlink(directory, join(place, "d"));
    return await use(join(place, "d", name));
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}
