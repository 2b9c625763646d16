import { z } from "zod";
import { deliverWebhookQueue } from "../../job-queues.ts";
import { type DeliverInput, deliver } from "./deliver.ts";

const payloadSchema = z.object({ userId: z.uuid(), deliveryId: z.uuid() });

/** So long are deliveries kept, and firings of rules that fell quiet. */
const keptDays = 90;

/** What webhooks need done outside requests. */
export function defineWebhookJobs(input: DeliverInput): void {
  const { jobs, database, now } = input;
  jobs.define(
    deliverWebhookQueue,
    async (payload) => {
      const { userId, deliveryId } = payloadSchema.parse(payload);
      await deliver(input, userId, deliveryId);
    },
    "deliveries",
  );
  jobs.every("delete-old-notices", 3600, async () => {
    const before = new Date(now().getTime() - keptDays * 86_400_000);
    await database.raw`select delete_old_notices(${before.toISOString()}::text::timestamptz)`;
  });
}
