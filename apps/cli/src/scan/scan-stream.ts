import { findSecrets, longest, type Match } from "./secrets.ts";

/** Where a secret stands: the line, counted from 1. */
export type Found = Match & { line: number };

function countLines(text: string, from: number, to: number): number {
  let lines = 0;
  for (let at = text.indexOf("\n", from); at !== -1 && at < to; at = text.indexOf("\n", at + 1)) {
    lines += 1;
  }
  return lines;
}

/**
 * The secrets of bytes, whatever they are: text, or a binary file that holds text. Holds one piece and
 * what may be the beginning of a secret at its end, however long a line is.
 */
export async function* scanStream(
  pieces: AsyncIterable<Uint8Array>,
  elements: ReadonlyMap<string, string>,
): AsyncGenerator<Found> {
  // One character before what is looked at, by which a pattern knows where a word begins.
  let kept = "";
  let lead = 0;
  let line = 1;

  function* scan(text: string, end: number): Generator<Found> {
    let counted = lead;
    for (const match of findSecrets(text, elements)) {
      if (match.at < lead || match.at >= end) continue;
      line += countLines(text, counted, match.at);
      counted = match.at;
      yield { ...match, line };
    }
    line += countLines(text, counted, end);
  }

  for await (const piece of pieces) {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    const text = kept + bytes.toString("latin1");
    const end = text.length - longest;
    if (end <= lead) {
      kept = text;
      continue;
    }
    yield* scan(text, end);
    kept = text.slice(end - 1);
    lead = 1;
  }
  yield* scan(kept, kept.length);
}
