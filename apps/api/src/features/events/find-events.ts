import type { Database } from "@muniment/db/database.ts";
import { isStatementTimeout } from "@muniment/db/unavailable.ts";
import type { EventQuery } from "@muniment/shared/event-query/query.ts";
import { eventBounds } from "@muniment/shared/events.ts";
import type { SQL } from "drizzle-orm";
import { AppError } from "../../errors.ts";
import type { Place } from "../../paging.ts";
import { chunkCondition, findCandidates } from "./candidates.ts";
import {
  firstLookStatement,
  pageStatement,
  pieceStatement,
  plainPage,
  type Searches,
} from "./page-statement.ts";
import type { Question } from "./question.ts";
import type { EventRow } from "./read-events.ts";
import type { TimeRange } from "./time-range.ts";

const day = 86_400_000;
/** Where a search looks first, so that the usual page opens one or two partitions instead of all. */
const firstWindow = 31 * day;
/** Tried in turn where it found too few. */
const windows = [400 * day, Number.POSITIVE_INFINITY];
/** The same where each window is looked up in the index first. */
const indexedWindows = [day, firstWindow, ...windows];
/** Looked at first whatever the index knows: what is frequent is found among them. */
const newestEvents = 1500;
/** Pieces of time are read in groups that grow, as the first ones may fill the page. */
const [firstGroup, groupGrowth, largestGroup] = [8, 2, 512];

/** No further window or group is opened so long after the search got its connection. */
const maxMilliseconds = 3000;

type Page = {
  /** Where the page before ended; undefined on the first. */
  place: Place | undefined;
  fetch: number;
  now: number;
};

/** What a search has still to find. */
type Rest = { range: TimeRange; place: Place | undefined; fetch: number };
type Look = { rows: EventRow[]; rest: Rest | null };

/** Over one connection, until `end`. */
type Search = { searches: Searches; userId: string; query: EventQuery; now: number; end: number };

function checkTime({ end }: Search): void {
  if (performance.now() > end) {
    throw new AppError("timed_out", "The search took too long. Narrow it.");
  }
}

/** Whether another index of the events finds them sooner than one of chunks. */
function isSelective(query: EventQuery): boolean {
  const terms = query.kind === "and" ? query.parts : [query];
  const needsMore = terms.some(({ kind }) => kind === "text" || kind === "prop");
  return terms.some(
    (term) =>
      term.kind === "field" &&
      term.op !== "exists" &&
      (term.field !== "type" || (!needsMore && term.op === "eq")),
  );
}

/** The last moment at which there can be events of a range. */
const topOf = ({ to }: TimeRange, now: number) =>
  Math.min(to, now + eventBounds.futureMilliseconds + 1);

/**
 * The newest events that pass, without going far for them, and what is left then: mostly nothing, and
 * nothing for an account that is empty or young.
 */
async function lookFirst(
  searches: Searches,
  userId: string,
  query: EventQuery,
  rest: Rest,
  now: number,
): Promise<Look> {
  const { range, place, fetch } = rest;
  const from = Math.max(range.from, topOf(range, now) - firstWindow);
  const looked = isSelective(query) ? undefined : newestEvents;
  const question = { query, range: { from, to: range.to } };
  const found = await firstLookStatement(searches, userId, { question, place, looked, fetch });
  const rows = found.flatMap(({ event, passes }) => (passes ? [event] : []));
  const missing = fetch - rows.length;
  const last = found.at(-1);
  if (missing === 0 || !last) return { rows, rest: null };
  if (last.isLast) {
    const { occurredAt, id } = last.event;
    const left = { from: range.from, to: occurredAt.getTime() + 1 };
    return { rows, rest: { range: left, place: [occurredAt.toISOString(), id], fetch: missing } };
  }
  const oldest = Math.max(range.from, last.oldest ?? from);
  if (oldest >= from) return { rows, rest: null };
  return { rows, rest: { range: { from: oldest, to: from }, place, fetch: missing } };
}

/** By the indexes of the events alone. */
async function findPlainly(search: Search, { range, place, fetch }: Rest): Promise<EventRow[]> {
  const { searches, userId, query, now } = search;
  const top = topOf(range, now);
  const rows: EventRow[] = [];
  let to = range.to;
  for (const window of windows) {
    checkTime(search);
    const from = Math.max(range.from, top - window);
    const part = { query, range: { from, to } };
    const missing = fetch - rows.length;
    rows.push(...(await pageStatement(searches, userId, part, place, missing)));
    if (rows.length === fetch || from === range.from) break;
    to = from;
  }
  return rows;
}

/** By the chunks that may hold what passes; null where they are no help. */
async function findInChunks(
  search: Search,
  { range, place, fetch }: Rest,
  chunks: SQL,
): Promise<EventRow[] | null> {
  const { searches, userId, query, now } = search;
  const top = topOf(range, now);
  const rows: EventRow[] = [];
  let to = range.to;
  for (const window of indexedWindows) {
    checkTime(search);
    const from = Math.max(range.from, top - window);
    const pieces = await findCandidates(searches, userId, chunks, { from, to });
    if (pieces === null) return null;
    for (let at = 0, group = firstGroup; at < pieces.length; ) {
      checkTime(search);
      const some = pieces.slice(at, at + group);
      const limit = fetch - rows.length;
      const asked = { query, pieces: some, place, limit };
      rows.push(...(await pieceStatement(searches, userId, asked)));
      if (rows.length === fetch) return rows;
      at += group;
      group = Math.min(group * groupGrowth, largestGroup);
    }
    if (from === range.from) break;
    to = from;
  }
  return rows;
}

/** What a first look left, over one connection, whose time begins when it is there. */
const findRest = (
  database: Database,
  userId: string,
  query: EventQuery,
  rest: Rest,
  now: number,
): Promise<EventRow[]> =>
  database.searching({ userId }, async (searches) => {
    const search = { searches, userId, query, now, end: performance.now() + maxMilliseconds };
    const chunks = isSelective(query) ? undefined : chunkCondition(query);
    const found = chunks ? await findInChunks(search, rest, chunks) : null;
    return found ?? findPlainly(search, rest);
  });

/**
 * The events of a user that pass, newest first, `fetch` at most. What a first look does not find goes to
 * the connections for long searches, so that it keeps nobody from a first look.
 * @throws AppError `timed_out`
 */
export async function findEvents(
  database: Database,
  userId: string,
  { query, range }: Question,
  { place, fetch, now }: Page,
): Promise<EventRow[]> {
  if (query.kind === "and" && query.parts.length === 0) {
    return plainPage(database, userId, range, place, fetch);
  }
  const to = place ? Math.min(range.to, Date.parse(place[0]) + 1) : range.to;
  const all: Rest = { range: { from: range.from, to }, place, fetch };
  const quick = database.quickSearches({ userId });
  const { rows, rest } = await lookFirst(quick, userId, query, all, now).catch(
    (error: unknown): Look => {
      if (isStatementTimeout(error)) return { rows: [], rest: all };
      throw error;
    },
  );
  return rest ? [...rows, ...(await findRest(database, userId, query, rest, now))] : rows;
}
