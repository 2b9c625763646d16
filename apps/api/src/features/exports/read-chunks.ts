import type { Database } from "@muniment/db/database.ts";
import { events } from "@muniment/db/schema/events.ts";
import { isStatementTimeout } from "@muniment/db/unavailable.ts";
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
 * A statement looks at so many events that it lasts and answers about so much by what the last one did.
 * Where larger ones follow, its answer is broken off, so that memory does not depend on what was sent.
 */
const target = { bytes: 2_097_152, milliseconds: 250 } as const;
const mostBytes = 4 * target.bytes;
const looks = { first: 1000, least: 100, most: 20_000, growth: 8 } as const;

/**
 * Reads lines in the order of time, a bounded number of bytes at a time, whatever passes: no statement
 * lasts long, none holds back the database's clean-up, and memory does not grow with the export.
 */
export async function* readChunks(database: Database, asked: Asked): AsyncGenerator<Chunk> {
  const { userId, format, condition } = asked;
  const iso = (time: number) => new Date(time).toISOString();
  const linesOf = createLines(format);
  let look: number = looks.first;

  const readOnce = async (after: Place | undefined) => {
    const begun = performance.now();
    const looked = sql`
      select * from ${events}
      where ${events.userId} = ${userId}
        and ${events.occurredAt} >= ${iso(after?.at ?? asked.from)}::timestamptz
        and ${events.occurredAt} < ${iso(asked.to)}::timestamptz
        and ${after ? sql`(${events.occurredAt}, ${events.id}) > (${iso(after.at)}::timestamptz, ${after.id}::uuid)` : sql`true`}
      order by ${events.occurredAt}, ${events.id} limit ${look}`;
    const answer = await database.rows({ userId }, selectRows(looked, condition), mostBytes);
    return { ...answer, milliseconds: performance.now() - begun };
  };
  const read = async (after: Place | undefined): ReturnType<typeof readOnce> => {
    try {
      return await readOnce(after);
    } catch (error) {
      if (!isStatementTimeout(error) || look === looks.least) throw error;
      // A machine that stood still, or events that are hard to judge: fewer of them take less.
      look = Math.max(Math.floor(look / looks.growth), looks.least);
      return read(after);
    }
  };

  let next: ReturnType<typeof read> | undefined = read(undefined);
  while (next) {
    const { messages, isWhole, milliseconds }: Awaited<typeof next> = await next;
    const last: ReturnType<typeof lastOf> = lastOf(messages);
    if (!last) return;
    const isLast: boolean = isWhole && last.count < look;
    const share = Math.min(
      target.bytes / messages.length,
      // What lasts long whatever is looked at must not bring it down to nothing.
      Math.max(target.milliseconds / milliseconds, looks.least / last.count),
      looks.growth,
    );
    look = Math.min(Math.ceil(share * last.count), looks.most);
    next = isLast ? undefined : read(last);
    // Whoever stops here leaves it unread.
    next?.catch(() => {});
    yield { pieces: linesOf(messages), reachedAt: new Date(last.at) };
  }
}
