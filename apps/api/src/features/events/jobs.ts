import type { Database } from "@muniment/db/database.ts";
import { z } from "zod";
import type { Config } from "../../config.ts";
import { deleteUserEventsQueue } from "../../job-queues.ts";
import type { Jobs } from "../../jobs.ts";
import { deleteUserEvents } from "./delete-user-events.ts";
import { createExpiry } from "./expire-events.ts";

const payloadSchema = z.object({ userId: z.uuid(), isSecond: z.boolean().default(false) });
/** Longer than a batch can be on its way between the look at its key and its commit. */
const secondLookSeconds = 60;

/** What the events need done outside requests. */
export function defineEventJobs(
  jobs: Jobs,
  database: Database,
  { eventRetentionDays }: Pick<Config, "eventRetentionDays">,
  now: () => Date,
): void {
  jobs.every("make-event-partitions", 3600, async () => {
    await database.raw`select ensure_event_partition(now()), ensure_event_partition(now() + interval '1 month')`;
  });
  jobs.every("expire-events", 600, createExpiry(database, eventRetentionDays, now));
  jobs.define(deleteUserEventsQueue, async (payload) => {
    const { userId, isSecond } = payloadSchema.parse(payload);
    const again = (isNextSecond: boolean, delaySeconds: number) =>
      database.transaction({}, (tx) => {
        const next = { userId, isSecond: isNextSecond };
        return jobs.enqueue(tx, deleteUserEventsQueue, next, { delaySeconds });
      });
    const done = await deleteUserEvents(database, userId);
    if (!done) await again(isSecond, 0);
    else if (!isSecond) await again(true, secondLookSeconds);
  });
}
