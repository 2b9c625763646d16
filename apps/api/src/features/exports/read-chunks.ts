import type { Database } from "@muniment/db/database.ts";
import { events } from "@muniment/db/schema/events.ts";
import type { ExportFormat } from "@muniment/shared/exports.ts";
import { type SQL, sql } from "drizzle-orm";
import { lineOf } from "./lines.ts";

export type Chunk = { text: string; rows: number; reachedAt: Date };

type Asked = {
  userId: string;
  format: ExportFormat;
  condition: SQL | undefined;
  /** Milliseconds; `from` inclusive, `to` exclusive. */
  from: number;
  to: number;
};

type Place = { at: string; id: string };
type Row = {
  text: string | null;
  rows: string;
  scanned: string;
  at: string | null;
  id: string | null;
};

type Look = { row: Row | undefined; isLast: boolean };

/** Events that one statement looks at: so many that their text is about this long. */
const targetBytes = 4_194_304;
const firstLook = 1000;
const bounds = { least: 100, most: 20_000 } as const;

/**
 * Reads lines in the order of time, a bounded number of events at a time, whatever passes: no statement
 * lasts long, none holds back the database's clean-up, and memory does not grow with the export.
 */
export async function* readChunks(database: Database, asked: Asked): AsyncGenerator<Chunk> {
  const { userId, format, condition } = asked;
  const iso = (time: number) => new Date(time).toISOString();
  let look: number = firstLook;

  async function read(after: Place | undefined): Promise<Look> {
    const [row] = await database.searches({ userId }).execute<Row>(sql`
      with page as materialized (
        select * from ${events}
        where ${events.userId} = ${userId}
          and ${events.occurredAt} >= ${after?.at ?? iso(asked.from)}::timestamptz
          and ${events.occurredAt} < ${iso(asked.to)}::timestamptz
          and ${after ? sql`(${events.occurredAt}, ${events.id}) > (${after.at}::timestamptz, ${after.id}::uuid)` : sql`true`}
        order by ${events.occurredAt}, ${events.id} limit ${look}
      ), lines as (
        select occurred_at, id, case when ${condition ?? sql`true`} then ${lineOf[format]} end as line
        from page as events
      )
      select string_agg(line, E'\n' order by lines.occurred_at, lines.id) as text, count(line)::text as rows,
        count(*)::text as scanned, last.at, last.id
      from lines left join (
        select to_char(occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at, id
        from page order by occurred_at desc, id desc limit 1
      ) last on true
      group by last.at, last.id`);
    return { row, isLast: row === undefined || Number(row.scanned) < look };
  }

  let next: ReturnType<typeof read> | undefined = read(undefined);
  while (next) {
    const { row, isLast }: Look = await next;
    if (!row || row.at === null || row.id === null) return;
    const text = row.text === null ? "" : `${row.text}\n`;
    const size = Math.max(text.length / Math.max(Number(row.rows), 1), 100);
    look = Math.round(Math.min(Math.max(targetBytes / size, bounds.least), bounds.most));
    next = isLast ? undefined : read({ at: row.at, id: row.id });
    // Whoever stops here leaves it unread.
    next?.catch(() => {});
    yield { text, rows: Number(row.rows), reachedAt: new Date(row.at) };
  }
}
