import { stat, statfs } from "node:fs/promises";

export type DiskFact = { holds: string; freeBytes: number };

/** The disks that places lie on, each once; what is out of reach, or does not tell its size, is left out. */
export async function readDisks(places: { holds: string; path: string }[]): Promise<DiskFact[]> {
  const disks = new Map<number, DiskFact>();
  for (const { holds, path } of places) {
    const found = await Promise.all([stat(path), statfs(path)]).catch(() => null);
    if (!found) continue;
    const [{ dev }, { blocks, bavail, bsize }] = found;
    if (blocks > 0 && !disks.has(dev)) disks.set(dev, { holds, freeBytes: bavail * bsize });
  }
  return [...disks.values()];
}
