import { open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";

/** How far a queue on disk was answered for, and the highest `seq` that it has ever held. */
export type Place = { segment: number; offset: number; seq: number };

const start: Place = { segment: 0, offset: 0, seq: -1 };
const pathIn = (directory: string) => join(directory, "cursor.json");

/** Where the last run stood. An older or lost place is harmless: what is sent again has the same ids. */
export async function readPlace(directory: string): Promise<Place> {
  try {
    const { segment, offset, seq } = JSON.parse(await readFile(pathIn(directory), "utf8"));
    const whole = [segment, offset, seq].every((value) => Number.isSafeInteger(value));
    return whole ? { segment, offset, seq } : start;
  } catch {
    return start;
  }
}

/** Replaces the place as a whole. @throws Error where the disk does not take it */
export async function writePlace(directory: string, place: Place, isDurable: boolean) {
  const path = pathIn(directory);
  const handle = await open(`${path}.new`, "w", 0o600);
  try {
    await handle.writeFile(JSON.stringify(place));
    if (isDurable) await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${path}.new`, path);
}
