import type { Database } from "@muniment/db/database.ts";
import { events } from "@muniment/db/schema/events.ts";
import type { ExportFormat } from "@muniment/shared/exports.ts";
import { type SQL, sql } from "drizzle-orm";
import { createLines, lastOf, type Piece, selectRows } from "./lines.ts";

export type Chunk = { pieces: Iterable<Piece>; reachedAt: Date };

type Asked = {
  userId: string;
  format: ExportFormat;
  condition: SQL | undefined;
  /** Milliseconds; `from` inclusive, `to` exclusive. */
  from: number;
  to: number;
};

type Place = { at: number; id: string };

/**
 * Events that one statement looks at: so many that what it answers is about this long. Where larger ones
 * follow, the answer is broken off, so that memory does not depend on what was sent.
 */
const targetBytes = 2_097_152;
const mostBytes = 4 * targetBytes;
const bounds = { least: 1, most: 20_000 } as const;

/**
 * Reads lines in the order of time, a bounded number of bytes at a time, whatever passes: no statement
 * lasts long, none holds back the database's clean-up, and memory does not grow with the export.
 */
export async function* readChunks(database: Database, asked: Asked): AsyncGenerator<Chunk> {
  const { userId, format, condition } = asked;
  const iso = (time: number) => new Date(time).toISOString();
  const linesOf = createLines(format);
  let look: number = bounds.most;

  const read = (after: Place | undefined) => {
    const looked = sql`
      select * from ${events}
      where ${events.userId} = ${userId}
        and ${events.occurredAt} >= ${iso(after?.at ?? asked.from)}::timestamptz
        and ${events.occurredAt} < ${iso(asked.to)}::timestamptz
        and ${after ? sql`(${events.occurredAt}, ${events.id}) > (${iso(after.at)}::timestamptz, ${after.id}::uuid)` : sql`true`}
      order by ${events.occurredAt}, ${events.id} limit ${look}`;
    return database.rows({ userId }, selectRows(looked, condition), mostBytes);
  };

  let next: ReturnType<typeof read> | undefined = read(undefined);
  while (next) {
    const { messages, isWhole }: Awaited<typeof next> = await next;
    const last: ReturnType<typeof lastOf> = lastOf(messages);
    if (!last) return;
    const isLast: boolean = isWhole && last.count < look;
    const size = messages.length / last.count;
    look = Math.round(Math.min(Math.max(targetBytes / size, bounds.least), bounds.most));
    next = isLast ? undefined : read(last);
    // Whoever stops here leaves it unread.
    next?.catch(() => {});
    yield { pieces: linesOf(messages), reachedAt: new Date(last.at) };
  }
}
