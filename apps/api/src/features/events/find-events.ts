import type { Database } from "@muniment/db/database.ts";
import type { EventQuery } from "@muniment/shared/event-query/query.ts";
import { eventBounds } from "@muniment/shared/events.ts";
import type { SQL } from "drizzle-orm";
import { AppError } from "../../errors.ts";
import { chunkCondition, findCandidates } from "./candidates.ts";
import { newestStatement, pageStatement, pieceStatement } from "./page-statement.ts";
import type { Question } from "./question.ts";
import type { EventRow } from "./read-events.ts";
import type { TimeRange } from "./time-range.ts";

const day = 86_400_000;
/** Tried in turn, so that the usual page opens one or two partitions instead of all. */
const windows = [31 * day, 400 * day, Number.POSITIVE_INFINITY];
/** The same where each window is looked up in the index first. */
const indexedWindows = [day, ...windows];
/** Looked at first whatever the index knows: what is frequent is found among them. */
const newestEvents = 1500;
/** Pieces of time are read in groups that grow, as the first ones may fill the page. */
const [firstGroup, groupGrowth, largestGroup] = [8, 2, 512];

/** No further window or group is opened after this long. */
const maxMilliseconds = 3000;

type Page = {
  /** Behind the cursor. */
  after: SQL | undefined;
  /** The time at the cursor. */
  at: Date | undefined;
  fetch: number;
  now: number;
};

type Search = { database: Database; userId: string; question: Question; page: Page; end: number };

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

/** By the indexes of the events alone. */
async function findPlainly(search: Search, top: number): Promise<EventRow[]> {
  const { database, userId, question, page } = search;
  const { query, range } = question;
  let rows: EventRow[] = [];
  for (const window of windows) {
    checkTime(search);
    const from = Math.max(range.from, top - window);
    const part = { query, range: { from, to: page.at ? top : range.to } };
    rows = await pageStatement(database.searches({ userId }), userId, part, page.after, page.fetch);
    if (rows.length === page.fetch || from === range.from) break;
  }
  return rows;
}

/** By the chunks that may hold what passes; null where they are no help. */
async function findInChunks(search: Search, chunks: SQL, top: number): Promise<EventRow[] | null> {
  const { database, userId, question, page } = search;
  const { range } = question;
  const rows: EventRow[] = [];
  let to = page.at ? top : range.to;
  for (const window of indexedWindows) {
    checkTime(search);
    const from = Math.max(range.from, top - window);
    const pieces = await findCandidates(database, userId, chunks, { from, to });
    if (pieces === null) return null;
    for (let place = 0, group = firstGroup; place < pieces.length; ) {
      checkTime(search);
      const some = pieces.slice(place, place + group);
      const missing = page.fetch - rows.length;
      rows.push(...(await readPieces(search, some, missing)));
      if (rows.length === page.fetch) return rows;
      place += group;
      group = Math.min(group * groupGrowth, largestGroup);
    }
    if (from === range.from) break;
    to = from;
  }
  return rows;
}

const readPieces = (search: Search, pieces: readonly TimeRange[], limit: number) =>
  pieceStatement(search.database.searches({ userId: search.userId }), search.userId, {
    ...{ query: search.question.query, pieces, after: search.page.after, limit },
  });

/** The events of a user that pass, newest first, `fetch` at most. @throws AppError `timed_out` */
export async function findEvents(
  database: Database,
  userId: string,
  question: Question,
  page: Page,
): Promise<EventRow[]> {
  const search = { database, userId, question, page, end: performance.now() + maxMilliseconds };
  const { query, range } = question;
  const newest = page.now + eventBounds.futureMilliseconds;
  const top = Math.min(range.to, (page.at?.getTime() ?? newest) + 1);
  const chunks = isSelective(query) ? undefined : chunkCondition(query);
  if (!chunks) return findPlainly(search, top);
  const first = await newestStatement(database.searches({ userId }), userId, {
    ...{ question, after: page.after, looked: newestEvents, limit: page.fetch },
  });
  if (first.length === page.fetch) return first;
  return (await findInChunks(search, chunks, top)) ?? findPlainly(search, top);
}
