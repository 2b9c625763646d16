import { appendFile, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const line = z.object({ id: z.uuid(), erased: z.uuid(), at: z.string() });
export type LedgerLine = z.infer<typeof line>;

/**
 * The ids of everybody who was erased, outside the database, so that a restored backup does not bring
 * them back: one JSON object a line in `DATA_DIR/erasures.jsonl`. No personal data.
 */
export type ErasureLedger = {
  read(): Promise<LedgerLine[]>;
  /** Durable when it resolves. */
  append(lines: readonly LedgerLine[]): Promise<void>;
};

function parseLine(text: string): LedgerLine[] {
  // The last line of a process that died while it wrote.
  try {
    return [line.parse(JSON.parse(text))];
  } catch {
    return [];
  }
}

export function openErasureLedger(dataDir: string): ErasureLedger {
  const path = join(dataDir, "erasures.jsonl");
  return {
    async read() {
      const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return "";
        throw error;
      });
      return text.split("\n").flatMap(parseLine);
    },
    async append(lines) {
      if (lines.length === 0) return;
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
