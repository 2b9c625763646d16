import { createHash } from "node:crypto";
import { type SQL, sql } from "drizzle-orm";
import type { AnyPgColumn } from "drizzle-orm/pg-core";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import type { Deps } from "./deps.ts";

const defaultLimit = 50;

type Input = { cursor?: string | undefined; limit?: number | undefined } | undefined;

/** Before everything: where the first page of a prepared statement begins. */
const top = { cursorAt: "infinity", cursorId: "ffffffff-ffff-ffff-ffff-ffffffffffff" };

/** The condition of a prepared statement that begins after the cursor; `values` of the page say where that is. */
export const afterCursor = (time: AnyPgColumn, id: AnyPgColumn): SQL =>
  sql`(${time}, ${id}) < (${sql.placeholder("cursorAt")}::timestamptz, ${sql.placeholder("cursorId")}::uuid)`;

/** Where a prepared statement begins that has the condition of `afterCursor`. */
export const cursorValues = (place: Place | undefined) =>
  place ? { cursorAt: place[0], cursorId: place[1] } : top;

/** The time and the id of a row of a list, behind which the list goes on. */
export type Place = readonly [at: string, id: string];

/** The condition of what is behind a place, or of all where there is none. */
export const behind = (
  place: Place | undefined,
  time: AnyPgColumn,
  id: AnyPgColumn,
): SQL | undefined =>
  place && sql`(${time}, ${id}) < (${place[0]}::timestamptz, ${place[1]}::uuid)`;

/** The list and what is asked of it: a cursor goes on with the question that it came from, and no other. */
function contextOf(list: string, input: Input): string {
  const { cursor: _cursor, limit: _limit, ...question } = input ?? {};
  const asked = createHash("sha256").update(JSON.stringify(question)).digest("base64url");
  return `${list}:${asked}`;
}

/**
 * Keyset paging, newest first, by a time and an id. `list` names the list and whose it is; every
 * field of the input but `cursor` and `limit` is a filter.
 */
export function keysetPage(deps: Deps, list: string, input: Input) {
  const limit = input?.limit ?? defaultLimit;
  const decode = (cursor: string): Place => {
    const [at = "", id = ""] = decodeCursor(deps.secrets.cursor, contextOf(list, input), cursor);
    return [at, id];
  };
  const position = input?.cursor ? decode(input.cursor) : undefined;
  return {
    /** What a prepared statement needs of the page. */
    values: {
      ...cursorValues(position),
      fetch: limit + 1,
    },
    /** How many rows to ask for: one more than the page, to know whether there is another. */
    fetch: limit + 1,
    /** The time and the id that the page before ended with; undefined on the first page. */
    position,
    /** The condition that begins after the cursor. */
    after: (time: AnyPgColumn, id: AnyPgColumn) => behind(position, time, id),
    /** Cuts the page and makes the cursor of the next. */
    cut<Row, Item>(
      rows: Row[],
      positionOf: (row: Row) => { at: Date; id: string },
      toItem: (row: Row) => Item,
    ): { items: Item[]; nextCursor: string | null } {
      const items = rows.slice(0, limit);
      const last = items.at(-1);
      if (rows.length <= limit || last === undefined) {
        return { items: items.map(toItem), nextCursor: null };
      }
      const { at, id } = positionOf(last);
      const nextCursor = encodeCursor(deps.secrets.cursor, contextOf(list, input), [
        at.toISOString(),
        id,
      ]);
      return { items: items.map(toItem), nextCursor };
    },
  };
}
