import { appendFile, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const line = z.object({ id: z.uuid(), erased: z.uuid(), at: z.string() });
export type LedgerLine = z.infer<typeof line>;

/**
 * A list of everybody who was erased, outside the database, so that a restored backup does not bring
 * them back: ids and times, no personal data.
 */
export type LedgerPlace = {
  /** As certificates and logs name it. */
  name: string;
  /** Null where no list was ever begun. */
  read(): Promise<LedgerLine[] | null>;
  /** Durable when it resolves; begins the list where there is none. */
  append(lines: readonly LedgerLine[]): Promise<void>;
};

export type ErasureLedger = {
  /** `DATA_DIR/erasures.jsonl`. */
  own: LedgerPlace;
  /** Those off the machine, as far as there are any. */
  others(): Promise<LedgerPlace[]>;
};

function parseLine(text: string): LedgerLine[] {
  // The last line of a process that died while it wrote.
  try {
    return [line.parse(JSON.parse(text))];
  } catch {
    return [];
  }
}

/** One JSON object a line in a file. */
export function ledgerFile(name: string, path: string): LedgerPlace {
  return {
    name,
    async read() {
      const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return null;
        throw error;
      });
      return text === null ? null : text.split("\n").flatMap(parseLine);
    },
    async append(lines) {
      // Begins with a line feed, so that half a line of before spoils nothing.
      const text = lines.map((one) => `\n${JSON.stringify(one)}`).join("");
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
  ledgerFile("the data directory (erasures.jsonl)", join(dataDir, "erasures.jsonl"));

const objectName = /^([0-9a-f-]{36})\.([0-9a-f-]{36})\.(\d{1,15})$/;

/** A line as the name of an object, so that a list of names is the list. */
export const toObjectName = ({ erased, id, at }: LedgerLine) =>
  `${erased}.${id}.${new Date(at).getTime()}`;

export function fromObjectName(name: string): LedgerLine[] {
  const [, erased, id, at] = objectName.exec(name) ?? [];
  const parsed = line.safeParse({ erased, id, at: new Date(Number(at)).toJSON() });
  return parsed.success ? [parsed.data] : [];
}
