import { eventIds, events } from "@muniment/db/schema/events.ts";
import { event, eventIdInput } from "@muniment/shared/events.ts";
import { and, eq } from "drizzle-orm";
import { AppError } from "../../errors.ts";
import { signedInOrApiKey } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { oldestKept } from "./question.ts";
import { eventColumns, toEvent } from "./read-events.ts";

export const get = limited("general")
  .concat(signedInOrApiKey)
  .concat(permission("events:read"))
  .input(eventIdInput)
  .output(event)
  .query(async ({ ctx: { deps, principal }, input: { id } }) => {
    const { database } = deps;
    const { userId } = principal;
    const reads = database.reads({ userId });
    // The time names the partition, so that only one is looked into.
    const time = reads
      .select({ occurredAt: eventIds.occurredAt })
      .from(eventIds)
      .where(and(eq(eventIds.userId, userId), eq(eventIds.id, id)));
    const [row] = await reads
      .select(eventColumns)
      .from(events)
      .where(and(eq(events.userId, userId), eq(events.id, id), eq(events.occurredAt, time)));
    const kept = row && row.occurredAt.getTime() >= oldestKept(deps, principal);
    if (!kept) throw new AppError("not_found", "There is no such event.");
    return toEvent(row);
  });
