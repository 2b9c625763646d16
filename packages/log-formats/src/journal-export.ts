import { isUtf8 } from "node:buffer";
import { createLineSplitter, type Line, maxLineBytes } from "./lines.ts";

type Splitter = ReturnType<typeof createLineSplitter>;

const newline = 10;
const sizeBytes = 8;
const namePattern = "[A-Z_][A-Z0-9_]{0,63}";
const fieldName = new RegExp(`^${namePattern}$`);
const startOfExport = new RegExp(`^${namePattern}[=\\n]`);

/** What a field holds in the JSON of journalctl: text, or a list of its bytes. */
const toValue = (bytes: Buffer): string | number[] =>
  isUtf8(bytes) && !bytes.includes(0) ? bytes.toString("utf8") : [...bytes];

/**
 * Cuts the Journal Export Format (`journalctl -o export`, https://systemd.io/JOURNAL_EXPORT_FORMATS)
 * into its entries, each as the line that `journalctl -o json` has for it. Holds one entry of bounded
 * size; a line that is no field stands for itself.
 */
function createEntrySplitter(): Splitter {
  let number = 0;
  let held: Buffer = Buffer.alloc(0);
  let fields = new Map<string, (string | number[])[]>();
  /** Of the entry, with what of it was too much to be kept. */
  let bytes = 0;
  let isLong = false;
  /** Bytes still to be passed over; null: up to the end of the line. */
  let skipped: number | null = 0;

  function add(name: string, value: Buffer) {
    const values = fields.get(name) ?? [];
    values.push(toValue(value));
    fields.set(name, values);
  }

  function finish(): Line[] {
    if (bytes === 0) return [];
    number += 1;
    const line = { number, bytes };
    const entries = [...fields].map(([name, [first, ...others]]) => [
      name,
      others.length > 0 ? [first, ...others] : first,
    ]);
    fields = new Map();
    bytes = 0;
    const tooLong = isLong || line.bytes > maxLineBytes;
    isLong = false;
    if (tooLong) return [line];
    return [{ number, text: JSON.stringify(Object.fromEntries(entries)) }];
  }

  function take(count: number): Buffer {
    const taken = held.subarray(0, count);
    held = held.subarray(count);
    bytes += taken.length;
    return taken;
  }

  /** Passes over what is too much to be kept; whether its end is there. */
  function skip(): boolean {
    if (skipped === 0) return true;
    const end = held.indexOf(newline) + 1;
    const count = Math.min(skipped ?? (end || held.length), held.length);
    take(count);
    if (skipped !== null) skipped -= count;
    else if (end > 0) skipped = 0;
    return skipped === 0;
  }

  /** A field whose size stands before it; whether it is all there. */
  function readSized(name: string, at: number): boolean {
    if (held.length < at + sizeBytes) return false;
    const size = Number(held.readBigUInt64LE(at));
    if (bytes + size > maxLineBytes) {
      take(at + sizeBytes);
      skipped = size + 1;
      isLong = true;
      return true;
    }
    if (held.length < at + sizeBytes + size + 1) return false;
    add(name, take(at + sizeBytes + size + 1).subarray(at + sizeBytes, -1));
    return true;
  }

  function* read(isLast: boolean): Generator<Line> {
    while (skip()) {
      const end = held.indexOf(newline);
      if (end === 0) {
        held = held.subarray(1);
        yield* finish();
        continue;
      }
      if (end < 0 && held.length > maxLineBytes) {
        skipped = null;
        continue;
      }
      if (end < 0 && !(isLast && held.length > 0)) return;
      const line = held.subarray(0, end < 0 ? held.length : end);
      const equals = line.indexOf("=");
      const name = line.toString("latin1", 0, equals < 0 ? line.length : equals);
      const isField = fieldName.test(name);
      if (isField && equals >= 0) {
        const isKept = bytes + line.length <= maxLineBytes;
        take(line.length + 1);
        if (isKept) add(name, line.subarray(equals + 1));
        continue;
      }
      if (isField && readSized(name, line.length + 1)) continue;
      // The rest of it is still to come.
      if (isField && !isLast) return;
      held = held.subarray(line.length + 1);
      number += 1;
      yield { number, text: line.toString("utf8").replaceAll("\0", "\ufffd") };
    }
  }

  return {
    push(chunk) {
      held = held.length > 0 ? Buffer.concat([held, chunk]) : chunk;
      return [...read(false)];
    },
    end: () => [...read(true), ...finish()],
  };
}

/** Entries of the journal, as lines of JSON or in the export format: its first bytes tell. */
export function createJournalSplitter(): Splitter {
  let start = Buffer.alloc(0);
  let chosen: Splitter | undefined;
  function choose(): Splitter {
    chosen = startOfExport.test(start.toString("latin1", 0, 65))
      ? createEntrySplitter()
      : createLineSplitter();
    return chosen;
  }
  return {
    push(chunk) {
      if (chosen) return chosen.push(chunk);
      start = Buffer.concat([start, chunk]);
      return start.length > 65 ? choose().push(start) : [];
    },
    end() {
      if (chosen) return chosen.end();
      const splitter = choose();
      return [...splitter.push(start), ...splitter.end()];
    },
  };
}
