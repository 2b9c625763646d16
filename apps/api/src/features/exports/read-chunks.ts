import type { Database } from "@muniment/db/database.ts";
import { events } from "@muniment/db/schema/events.ts";
import type { ExportFormat } from "@muniment/shared/exports.ts";
import { type SQL, sql } from "drizzle-orm";
import { createLines, lastOf, type Piece, recordOf } from "./lines.ts";

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
 * Events that one statement looks at: so many that what it answers is about this long, and no more than
 * take about 80 MB where small ones are followed by the largest. To add up their sizes would take longer.
 */
const targetBytes = 2_097_152;
const bounds = { least: 100, most: 2000 } as const;

/**
 * Reads lines in the order of time, a bounded number of events at a time, whatever passes: no statement
 * lasts long, none holds back the database's clean-up, and memory does not grow with the export.
 */
export async function* readChunks(database: Database, asked: Asked): AsyncGenerator<Chunk> {
  const { userId, format, condition } = asked;
  const iso = (time: number) => new Date(time).toISOString();
  const linesOf = createLines(format);
  let look: number = bounds.most;

  const read = (after: Place | undefined) =>
    database.bytes(
      { userId },
      sql`
        select string_agg(${recordOf(condition)}, '') from (
          select * from ${events}
          where ${events.userId} = ${userId}
            and ${events.occurredAt} >= ${iso(after?.at ?? asked.from)}::timestamptz
            and ${events.occurredAt} < ${iso(asked.to)}::timestamptz
            and ${after ? sql`(${events.occurredAt}, ${events.id}) > (${iso(after.at)}::timestamptz, ${after.id}::uuid)` : sql`true`}
          order by ${events.occurredAt}, ${events.id} limit ${look}
        ) as events`,
    );

  let next: ReturnType<typeof read> | undefined = read(undefined);
  while (next) {
    const bytes: Buffer | null = await next;
    const last: ReturnType<typeof lastOf> = bytes && lastOf(bytes);
    if (!bytes || !last) return;
    const isLast: boolean = last.count < look;
    const size = Math.max(bytes.length / last.count, 1);
    look = Math.round(Math.min(Math.max(targetBytes / size, bounds.least), bounds.most));
    next = isLast ? undefined : read(last);
    // Whoever stops here leaves it unread.
    next?.catch(() => {});
    yield { pieces: linesOf(bytes), reachedAt: new Date(last.at) };
  }
}
