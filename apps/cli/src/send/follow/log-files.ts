import { createHash } from "node:crypto";
import { type FileHandle, open, readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { FileMark } from "./follow-state.ts";

const headBytes = 1024;
const rotated = /^(?:[.-]\d[\d.T_-]*|\.old)$/;

type Found = { path: string; dev: number; ino: number; size: number; modifiedMs: number };

/**
 * The log and what it was rotated to, beside it: `log`, `log.1`, `log-20261121`, `log.old`; no other
 * copies, and nothing compressed. Oldest change first.
 */
async function listFiles(path: string): Promise<Found[]> {
  const [directory, name] = [dirname(path), basename(path)];
  const names = await readdir(directory);
  const own = names.filter(
    (one) => one === name || (one.startsWith(name) && rotated.test(one.slice(name.length))),
  );
  const found: Found[] = [];
  for (const one of own) {
    const at = join(directory, one);
    // One may be renamed or deleted meanwhile.
    const facts = await stat(at).catch(() => null);
    if (!facts?.isFile()) continue;
    const { dev, ino, size, mtimeMs: modifiedMs } = facts;
    found.push({ path: at, dev, ino, size, modifiedMs: Math.floor(modifiedMs) });
  }
  // The log itself is the last, whatever the clock said.
  const isLog = (file: Found) => Number(file.path === path);
  return found.sort((a, b) => isLog(a) - isLog(b) || a.modifiedMs - b.modifiedMs);
}

async function headOf(handle: FileHandle, length: number): Promise<string> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await handle.read(buffer, 0, length, 0);
  return createHash("sha256").update(buffer.subarray(0, bytesRead)).digest("hex");
}

/** By what an open file is known again, of which the bytes before `offset` were read. */
export async function markOf(handle: FileHandle, offset: number): Promise<FileMark> {
  const { dev, ino, mtimeMs } = await handle.stat();
  const modifiedMs = Math.floor(mtimeMs);
  const length = Math.min(headBytes, offset);
  return { dev, ino, modifiedMs, headBytes: length, headSha256: await headOf(handle, length) };
}

/** Whether a file still begins as marked and reaches as far as `offset`. */
export async function continues(
  handle: FileHandle,
  mark: FileMark,
  offset: number,
): Promise<boolean> {
  const { size } = await handle.stat();
  return size >= offset && (await headOf(handle, mark.headBytes)) === mark.headSha256;
}

async function openIf(file: Found, fits: (handle: FileHandle) => Promise<boolean>) {
  const handle = await open(file.path).catch(() => null);
  if (!handle) return null;
  if (await fits(handle)) return handle;
  await handle.close();
  return null;
}

/**
 * The file that goes on where a marked one was left: itself, under whatever name, or a copy of it that
 * reaches as far. Null where neither is there any more.
 */
export async function openContinuation(path: string, mark: FileMark, offset: number) {
  const files = await listFiles(path).catch(() => []);
  const isSame = ({ dev, ino }: Found) => dev === mark.dev && ino === mark.ino;
  // A copy was made after the last look; what is older and begins alike is another log.
  const isCopy = (file: Found) => !isSame(file) && file.modifiedMs >= mark.modifiedMs;
  const others = mark.headBytes > 0 ? files.filter(isCopy) : [];
  for (const file of [...files.filter(isSame), ...others]) {
    const handle = await openIf(file, (opened) => continues(opened, mark, offset));
    if (handle) return handle;
  }
  return null;
}

/** A file whatever its name. */
export const identityOf = ({ dev, ino }: { dev: number; ino: number }) => `${dev}:${ino}`;

/**
 * The oldest file that was changed since a marked one was read last, leaving out what was rotated
 * away and is in `seen`; null until there is one.
 */
export async function openNext(
  path: string,
  mark: FileMark | null,
  seen: ReadonlySet<string>,
): Promise<FileHandle | null> {
  const files = await listFiles(path).catch(() => []);
  const isNew = (file: Found) => {
    if (!mark) return file.path === path;
    if (file.dev === mark.dev && file.ino === mark.ino) return false;
    if (file.path === path) return true;
    // Also in the same millisecond: the clocks of file systems take steps.
    return file.modifiedMs >= mark.modifiedMs && !seen.has(identityOf(file));
  };
  for (const file of files.filter(isNew)) {
    const handle = await openIf(file, async () => true);
    if (handle) return handle;
  }
  return null;
}

/** Whether a path names that open file. */
export async function isAt(path: string, handle: FileHandle): Promise<boolean> {
  const [named, opened] = await Promise.all([stat(path).catch(() => null), handle.stat()]);
  return named !== null && named.ino === opened.ino && named.dev === opened.dev;
}
