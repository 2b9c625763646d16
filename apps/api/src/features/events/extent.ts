import { events } from "@muniment/db/schema/events.ts";
import { extentInput, extent as output } from "@muniment/shared/events.ts";
import { and, asc, desc, eq } from "drizzle-orm";
import { signedInOrApiKey } from "../../trpc/authenticated.ts";
import { inTurn } from "../../trpc/in-turn.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { conditionOf } from "./conditions.ts";
import { toQuestion } from "./question.ts";
import { rangeConditions } from "./time-range.ts";

/** When the oldest and the newest of the matching events occurred. */
export const extent = limited("general")
  .concat(signedInOrApiKey)
  .concat(permission("events:read"))
  .concat(inTurn)
  .input(extentInput)
  .output(output)
  .query(async ({ ctx: { deps, principal }, input = {} }) => {
    const { database } = deps;
    const { userId } = principal;
    const { query, range } = await toQuestion(deps, principal, input);
    const first = async (order: typeof asc | typeof desc) => {
      const [row] = await database
        .searches({ userId })
        .select({ at: events.occurredAt })
        .from(events)
        .where(and(eq(events.userId, userId), ...rangeConditions(range), conditionOf(query)))
        .orderBy(order(events.occurredAt), order(events.id))
        .limit(1);
      return row?.at.toISOString() ?? null;
    };
    const newest = await first(desc);
    return { newest, oldest: newest && (await first(asc)) };
  });
