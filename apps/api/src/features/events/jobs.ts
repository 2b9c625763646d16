import type { Database } from "@muniment/db/database.ts";
import { z } from "zod";
import type { Config } from "../../config.ts";
import { cleanUpQueue, deleteUserEventsQueue } from "../../job-queues.ts";
import type { Jobs } from "../../jobs.ts";
import { deleteUserEvents } from "./delete-user-events.ts";
import { createExpiry } from "./expire-events.ts";

const payloadSchema = z.object({
  userId: z.uuid(),
  isSecond: z.boolean().default(false),
  /** What follows when the events are gone: the payload of the clean-up. */
  after: z.unknown(),
});
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
  jobs.define(
    deleteUserEventsQueue,
    async (payload) => {
      const { userId, isSecond, after } = payloadSchema.parse(payload);
      const again = (isNextSecond: boolean, delaySeconds: number) =>
        database.transaction({}, (tx) => {
          const next = { userId, isSecond: isNextSecond, after };
          return jobs.enqueue(tx, deleteUserEventsQueue, next, { delaySeconds });
        });
      const done = await deleteUserEvents(database, userId);
      if (!done) return again(isSecond, 0);
      // In turn: two at a time would set the write-ahead log's recycling back under one another.
      const turn = { turn: cleanUpQueue };
      if (after)
        await database.transaction({}, (tx) => jobs.enqueue(tx, cleanUpQueue, after, turn));
      if (!isSecond) await again(true, secondLookSeconds);
    },
    // Not among the short ones: somebody waits for a mail.
    "transfers",
  );
}
