import { readFile } from "node:fs/promises";
import { keepSeenCheckpoint, seenCheckpointPath } from "@muniment/api/audit/seen-checkpoint.ts";
import type { OutsideCheckpoint } from "@muniment/api/audit/verify-log.ts";
import { splitNotes } from "@muniment/verify/signed-note.ts";
import { UsageError } from "../command.ts";

const maxFetchMilliseconds = 10_000;

async function readText(source: string): Promise<string> {
  if (!/^https?:\/\//.test(source)) return readFile(source, "utf8");
  const answer = await fetch(source, { signal: AbortSignal.timeout(maxFetchMilliseconds) });
  if (!answer.ok) throw new Error(`answered ${answer.status}`);
  return answer.text();
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
