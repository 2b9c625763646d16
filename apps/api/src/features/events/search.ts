import { events } from "@muniment/db/schema/events.ts";
import { eventBounds, eventPage, searchEventsInput } from "@muniment/shared/events.ts";
import { AppError } from "../../errors.ts";
import { keysetPage } from "../../paging.ts";
import { signedInOrApiKey } from "../../trpc/authenticated.ts";
import { inTurn } from "../../trpc/in-turn.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { pageStatement } from "./page-statement.ts";
import { toQuestion } from "./question.ts";
import { toEvent } from "./read-events.ts";

const day = 86_400_000;
/** Tried in turn, so that the usual page opens one or two partitions instead of all. */
const windows = [31 * day, 400 * day, Number.POSITIVE_INFINITY];

/** No further window is opened after this long. */
const maxMilliseconds = 3000;

/**
 * The events of the caller's user, newest first. A key reads what its owner reads, not only what its
 * own agent sent: it stands for the owner, narrowed by its scopes.
 */
export const search = limited("general")
  .concat(signedInOrApiKey)
  .concat(permission("events:read"))
  .concat(inTurn)
  .input(searchEventsInput)
  .output(eventPage)
  .query(async ({ ctx: { deps, principal }, input = {} }) => {
    const { database } = deps;
    const { userId } = principal;
    const { cursor: _cursor, limit: _limit, ...asked } = input;
    const { query, range } = await toQuestion(deps, principal, asked);
    const page = keysetPage(deps, `events:${userId}`, input);

    const read = (from: number, to: number) =>
      pageStatement(
        database.searches({ userId }),
        userId,
        { query, range: { from, to } },
        page.after(events.occurredAt, events.id),
        page.fetch,
      );

    const newest = deps.now().getTime() + eventBounds.futureMilliseconds;
    const top = Math.min(range.to, (page.at?.getTime() ?? newest) + 1);
    let rows: Awaited<ReturnType<typeof read>> = [];
    const started = performance.now();
    for (const window of windows) {
      if (performance.now() - started > maxMilliseconds) {
        throw new AppError("timed_out", "The search took too long. Narrow it.");
      }
      const from = Math.max(range.from, top - window);
      rows = await read(from, page.at ? top : range.to);
      if (rows.length === page.fetch || from === range.from) break;
    }
    return page.cut(rows, ({ occurredAt, id }) => ({ at: occurredAt, id }), toEvent);
  });
