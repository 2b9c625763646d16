import { type DeliveryStatus, deliveryStatuses } from "@muniment/shared/webhooks.ts";
import { z } from "zod";
import { byCursor } from "../../paging.ts";
import { trpc } from "../../trpc.ts";

/** What the address of the page of one webhook holds; what does not fit is ignored. */
export const webhookSearch = z.object({
  status: z.enum(deliveryStatuses).optional().catch(undefined),
});

const refreshMilliseconds = 3000;

/** Both are read again and again while the page is open: what waits is sent soon. */
export const webhookQuery = (id: string) =>
  trpc.webhooks.get.queryOptions({ id }, { refetchInterval: refreshMilliseconds });

export const deliveriesQuery = (id: string, status: DeliveryStatus | undefined) =>
  trpc.webhooks.deliveries.infiniteQueryOptions(
    { id, ...(status ? { status } : {}) },
    { ...byCursor, refetchInterval: refreshMilliseconds },
  );
