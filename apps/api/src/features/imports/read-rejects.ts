import { eventImportRejects } from "@muniment/db/schema/event-imports.ts";
import type { ImportReject } from "@muniment/shared/imports.ts";
import { and, asc, eq, gt } from "drizzle-orm";
import type { Deps } from "../../deps.ts";

const linesAtOnce = 1000;

/** The refused lines of an import after a line, some at once. */
export async function readRejects(
  { database }: Pick<Deps, "database">,
  userId: string,
  importId: string,
  after: number,
  limit = linesAtOnce,
): Promise<ImportReject[]> {
  const { line, reason, message } = eventImportRejects;
  const rows = await database
    .reads({ userId })
    .select({ line, reason, message })
    .from(eventImportRejects)
    .where(and(eq(eventImportRejects.importId, importId), gt(line, after)))
    .orderBy(asc(line))
    .limit(limit);
  return rows as ImportReject[];
}

const cell = (text: string) => `"${text.replaceAll('"', '""')}"`;
/** What a spreadsheet would take for a formula gets an apostrophe, as in an export. */
const harmless = (text: string) => cell(/^[=+@\t\r\n-]/.test(text) ? `'${text}` : text);

/** The refused lines as CSV, some at once. */
export async function* rejectsAsCsv(deps: Pick<Deps, "database">, userId: string, id: string) {
  yield "line,reason,message\n";
  let after = 0;
  for (;;) {
    const rejects = await readRejects(deps, userId, id, after);
    const lines = rejects.map((one) => `${one.line},${one.reason},${harmless(one.message)}\n`);
    if (lines.length > 0) yield lines.join("");
    if (rejects.length < linesAtOnce) return;
    after = rejects.at(-1)?.line ?? after;
  }
}
