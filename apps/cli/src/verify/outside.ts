import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { keepSeenCheckpoint, seenCheckpointPath } from "@muniment/api/audit/seen-checkpoint.ts";
import type { OutsideCheckpoint } from "@muniment/api/audit/verify-log.ts";
import { splitNotes } from "@muniment/verify/signed-note.ts";
import { UsageError } from "../command.ts";

const maxFetchMilliseconds = 10_000;

/** A file, or all files of a folder one after another, as a bucket that was downloaded is one. */
async function readPath(path: string): Promise<string> {
  if (!(await stat(path)).isDirectory()) return readFile(path, "utf8");
  const texts: string[] = [];
  // One at a time: a bucket holds more files than a process may have open.
  for (const name of (await readdir(path)).sort()) {
    const file = join(path, name);
    if (!(await stat(file)).isDirectory()) texts.push(await readFile(file, "utf8"));
  }
  return texts.join("");
}

async function readText(source: string): Promise<string> {
  if (!/^https?:\/\//.test(source)) return readPath(source);
  const answer = await fetch(source, { signal: AbortSignal.timeout(maxFetchMilliseconds) });
  if (!answer.ok) throw new Error(`answered ${answer.status}`);
  return answer.text();
}

/** Where a witness answers its copy of a log (https://c2sp.org/tlog-witness); a file is taken as it is. */
function copyOf(witness: string, origin: string): string {
  if (!/^https?:/.test(witness) || /\/checkpoint$/.test(witness)) return witness;
  const hash = createHash("sha256").update(origin).digest("hex");
  return `${witness.replace(/\/+$/, "")}/${hash}/checkpoint`;
}

/** A bucket holds what the log itself signed: nobody cosigns there. */
const isFolder = async (source: string) =>
  !/^https?:/.test(source) && (await stat(source)).isDirectory();

/** What witnesses keep of the log. @throws UsageError where one cannot be asked or knows nothing of it */
export async function readWitnesses(
  sources: readonly string[],
  origin: string,
): Promise<OutsideCheckpoint[]> {
  const read = sources.map(async (source) => {
    const copy = copyOf(source, origin);
    const text = await readText(copy).catch((cause: Error) => {
      throw new UsageError(`--witness ${source}: ${cause.message}`, { cause });
    });
    const notes = splitNotes(text);
    if (notes.length === 0) throw new UsageError(`--witness ${source}: holds no signed note`);
    const witness = !(await isFolder(copy));
    return notes.map((note) => ({ source: copy, note, witness }));
  });
  return (await Promise.all(read)).flat();
}

/** Checkpoints of files and addresses. @throws UsageError where one cannot be read or holds none */
export async function readOutside(
  sources: readonly string[],
  dataDir: string,
): Promise<OutsideCheckpoint[]> {
  const read = sources.map(async (source) => {
    const text = await readText(source).catch((cause: Error) => {
      throw new UsageError(`--checkpoint ${source}: ${cause.message}`, { cause });
    });
    const notes = splitNotes(text);
    if (notes.length === 0) throw new UsageError(`--checkpoint ${source}: holds no signed note`);
    return notes.map((note) => ({ source, note }));
  });
  const published = await Promise.all(read);
  const seen = await keepSeenCheckpoint(dataDir).read();
  const kept = seen === null ? [] : [{ source: seenCheckpointPath(dataDir), note: seen }];
  return [...published.flat(), ...kept];
}
