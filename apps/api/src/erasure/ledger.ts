import { createHmac } from "node:crypto";
import { appendFile, open, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const line = z.object({ id: z.uuid(), erased: z.uuid(), at: z.string() });
export type LedgerLine = z.infer<typeof line>;

/** What a list says. */
export type Listed = {
  /** Null where no list was ever begun. */
  lines: LedgerLine[] | null;
  /** What no key of this installation stamped: of others, or of a newer key than a restored backup has. */
  foreign: LedgerLine[];
};

/**
 * A list of everybody who was erased, outside the database, so that a restored backup does not bring
 * them back: ids and times, no personal data.
 */
export type LedgerPlace = {
  /** As certificates and logs name it. */
  name: string;
  /** `endsAt` is the time of `performance.now()` until which it is waited for. */
  read(endsAt: number): Promise<Listed>;
  /** Durable when it resolves; begins the list where there is none. */
  append(lines: readonly LedgerLine[]): Promise<void>;
};

export type ErasureLedger = {
  /** `DATA_DIR/erasures.jsonl`. */
  own: LedgerPlace;
  /** Those off the machine, as far as there are any. */
  others(): Promise<LedgerPlace[]>;
};

/**
 * Tells lines that this installation wrote from others: whoever holds a place off the machine shall not
 * have people erased.
 */
export type Stamps = {
  of(line: LedgerLine): string;
  fits(line: LedgerLine, stamp: string | undefined): boolean;
};

/** `keys` are the HMAC keys of the installation, newest first. */
export function createStamps(keys: readonly Buffer[]): Stamps {
  const under = (key: Buffer, { id, erased, at }: LedgerLine) =>
    createHmac("sha256", key)
      .update(`${id} ${erased} ${new Date(at).getTime()}`)
      .digest("base64url");
  return {
    of: (one) => (keys[0] ? under(keys[0], one) : ""),
    fits: (one, stamp) => keys.some((key) => under(key, one) === stamp),
  };
}

const stamped = line.extend({ stamp: z.string().optional() });

type Stamped = z.infer<typeof stamped>;

/** Tells lines of this installation from others; without `stamps` nobody else can write there. */
export function byStamp(stamps: Stamps | null, all: readonly Stamped[]) {
  const listed: { lines: LedgerLine[]; foreign: LedgerLine[] } = { lines: [], foreign: [] };
  for (const { stamp, ...one } of all) {
    listed[!stamps || stamps.fits(one, stamp) ? "lines" : "foreign"].push(one);
  }
  return listed;
}

function parseLine(text: string): Stamped[] {
  // The last line of a process that died while it wrote.
  try {
    return [stamped.parse(JSON.parse(text))];
  } catch {
    return [];
  }
}

/** What others can write to is read up to here: some 300,000 lines. */
const mostBytes = 67_108_864;

/** @throws where it is no file, which might never end, or one that is too long */
async function requireShort(path: string): Promise<void> {
  const found = await stat(path);
  if (found.isFile() && found.size <= mostBytes) return;
  throw new Error(`it is no file of at most ${mostBytes} bytes`);
}

/** One JSON object a line in a file; with `stamps` where others can write there. */
export function ledgerFile(name: string, path: string, stamps: Stamps | null): LedgerPlace {
  return {
    name,
    async read() {
      const readText = async () => {
        if (stamps) await requireShort(path);
        return readFile(path, "utf8");
      };
      const text = await readText().catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return null;
        throw error;
      });
      if (text === null) return { lines: null, foreign: [] };
      return byStamp(stamps, text.split("\n").flatMap(parseLine));
    },
    async append(lines) {
      // Begins with a line feed, so that half a line of before spoils nothing.
      const text = lines
        .map((one) => `\n${JSON.stringify(stamps ? { ...one, stamp: stamps.of(one) } : one)}`)
        .join("");
      await appendFile(path, `${text}\n`, { mode: 0o600 });
      const file = await open(path, "r");
      try {
        await file.sync();
      } finally {
        await file.close();
      }
    },
  };
}

export const ownLedger = (dataDir: string) =>
  ledgerFile("the data directory (erasures.jsonl)", join(dataDir, "erasures.jsonl"), null);

const objectName = /^([0-9a-f-]{36})\.([0-9a-f-]{36})\.(\d{1,15})\.([\w-]{43})$/;

/** A line as the name of an object, so that a list of names is the list. */
export const toObjectName = (one: LedgerLine, stamps: Stamps) =>
  `${one.erased}.${one.id}.${new Date(one.at).getTime()}.${stamps.of(one)}`;

/** The line of such a name, with its stamp; none where it is no such name. */
export function fromObjectName(name: string): Stamped[] {
  const [, erased, id, at, stamp] = objectName.exec(name) ?? [];
  const parsed = stamped.safeParse({ erased, id, at: new Date(Number(at)).toJSON(), stamp });
  return parsed.success ? [parsed.data] : [];
}
