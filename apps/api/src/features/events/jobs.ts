import type { Database } from "@muniment/db/database.ts";
import { z } from "zod";
import { deleteUserEventsQueue } from "../../job-queues.ts";
import type { Jobs } from "../../jobs.ts";
import { deleteUserEvents } from "./delete-user-events.ts";

const payloadSchema = z.object({ userId: z.uuid() });

/** What the events need done outside requests. */
export function defineEventJobs(jobs: Jobs, database: Database): void {
  jobs.every("make-event-partitions", 3600, async () => {
    await database.raw`select ensure_event_partition(now()), ensure_event_partition(now() + interval '1 month')`;
  });
  jobs.define(deleteUserEventsQueue, async (payload) => {
    const { userId } = payloadSchema.parse(payload);
    const done = await deleteUserEvents(database, userId);
    if (done) return;
    await database.transaction({}, (tx) => jobs.enqueue(tx, deleteUserEventsQueue, { userId }));
  });
}
