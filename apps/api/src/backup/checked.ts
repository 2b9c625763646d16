import { createHash, type Hash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { BackupDamaged, BackupProblem } from "@muniment/db/backup/problem.ts";
import type { z } from "zod";
import { type Frame, frameKinds } from "./frames.ts";
import {
  type BackupHead,
  type BackupTail,
  backupHead,
  backupTail,
  formatVersion,
  type Manifest,
  nameOf,
  type SectionHead,
  sectionEnd,
  sectionHead,
} from "./manifest.ts";

const lineFeed = 0x0a;

/** Counts and hashes what goes through a section; rows of COPY's text form end in a line feed, and hold none. */
export class SectionSum {
  readonly #hash: Hash = createHash("sha256");
  readonly #isTable: boolean;
  #bytes = 0;
  #rows = 0;

  constructor(head: SectionHead) {
    this.#isTable = "table" in head;
  }

  add(data: Uint8Array): void {
    this.#hash.update(data);
    this.#bytes += data.length;
    if (!this.#isTable) return;
    for (let at = data.indexOf(lineFeed); at !== -1; at = data.indexOf(lineFeed, at + 1)) {
      this.#rows += 1;
    }
  }

  end() {
    const rows = this.#isTable ? this.#rows : null;
    return { rows, bytes: this.#bytes, sha256: this.#hash.digest("hex") };
  }
}

/** What a reader of a backup is told, in order. */
export type Step =
  | { kind: "head"; head: BackupHead }
  | { kind: "begin"; section: SectionHead }
  | { kind: "data"; data: Buffer }
  | { kind: "end"; section: SectionHead; rows: number | null }
  | { kind: "tail"; tail: BackupTail };

function parse<T>(schema: z.ZodType<T>, payload: Buffer, what: string): T {
  try {
    return schema.parse(JSON.parse(payload.toString("utf8")));
  } catch (cause) {
    throw new BackupDamaged(`${what} cannot be read`, { cause });
  }
}

function parseHead(payload: Buffer): BackupHead {
  const { format } = parse(backupHead.pick({ format: true }), payload, "its head");
  if (format > formatVersion) {
    throw new BackupProblem(
      `the backup was made by a newer version (format ${format}; this one reads up to ${formatVersion}): use that version`,
    );
  }
  return parse(backupHead, payload, "its head");
}

/**
 * The steps of a backup, each section compared with its sums, and the tail with all of them.
 * @throws BackupDamaged wherever anything is not as it was written
 */
export async function* checkedSteps(frames: AsyncIterable<Frame>): AsyncGenerator<Step> {
  let open: { section: SectionHead; sum: SectionSum } | null = null;
  const found: BackupTail["sections"] = [];
  let isFirst = true;
  for await (const { kind, payload } of frames) {
    if (isFirst !== (kind === frameKinds.head)) throw new BackupDamaged("its head is not in front");
    isFirst = false;
    if (kind === frameKinds.head) {
      yield { kind: "head", head: parseHead(payload) };
    } else if (kind === frameKinds.begin && !open) {
      const section = parse(sectionHead, payload, "the beginning of a part");
      open = { section, sum: new SectionSum(section) };
      yield { kind: "begin", section };
    } else if (kind === frameKinds.data && open) {
      open.sum.add(payload);
      yield { kind: "data", data: payload };
    } else if (kind === frameKinds.end && open) {
      const { section, sum } = open;
      const told = parse(sectionEnd, payload, `the end of ${nameOf(section)}`);
      const own = sum.end();
      if (own.sha256 !== told.sha256 || own.bytes !== told.bytes || own.rows !== told.rows) {
        throw new BackupDamaged(`${nameOf(section)} is not what was written`);
      }
      found.push({ name: nameOf(section), ...own });
      open = null;
      yield { kind: "end", section, rows: own.rows };
    } else if (kind === frameKinds.tail && !open) {
      const tail = parse(backupTail, payload, "its end");
      if (!isDeepStrictEqual(tail.sections, found)) {
        throw new BackupDamaged("its parts are not those that its end tells of");
      }
      yield { kind: "tail", tail };
    } else {
      throw new BackupDamaged("its parts are out of order");
    }
  }
}

/** The same until somebody interrupts. @throws BackupProblem then */
export async function* interruptible<T>(
  steps: AsyncIterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T> {
  for await (const step of steps) {
    if (signal?.aborted) throw new BackupProblem("interrupted");
    yield step;
  }
}

/** Reads a whole backup, and answers its keyring apart. @throws BackupDamaged wherever anything is not as it was written */
export async function checkBackup(
  frames: AsyncIterable<Frame>,
): Promise<{ manifest: Manifest; keyring: Buffer | null }> {
  let head: BackupHead | undefined;
  let tail: BackupTail | undefined;
  let keyring: Buffer[] | null = null;
  let inKeyring = false;
  for await (const step of checkedSteps(frames)) {
    if (step.kind === "head") head = step.head;
    else if (step.kind === "tail") tail = step.tail;
    else if (step.kind === "begin") {
      inKeyring = "file" in step.section && step.section.file === "keyring.json";
      if (inKeyring) keyring = [];
    } else if (step.kind === "data" && inKeyring) keyring?.push(step.data);
  }
  if (!head || !tail) throw new BackupDamaged("it ends too early");
  return { manifest: { ...head, ...tail }, keyring: keyring && Buffer.concat(keyring) };
}
