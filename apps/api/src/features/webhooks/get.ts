import { webhooks } from "@muniment/db/schema/webhooks.ts";
import { webhook, webhookIdInput } from "@muniment/shared/webhooks.ts";
import { and, eq } from "drizzle-orm";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { noSuchWebhook } from "./own-webhook.ts";
import { toWebhook } from "./read-webhooks.ts";

export const get = limited("general")
  .concat(signedIn)
  .concat(permission("webhooks:read"))
  .input(webhookIdInput)
  .output(webhook)
  .query(async ({ ctx: { deps, principal }, input: { id } }) => {
    const { userId } = principal;
    const [row] = await deps.database
      .reads({ userId })
      .select()
      .from(webhooks)
      .where(and(eq(webhooks.id, id), eq(webhooks.userId, userId)));
    if (!row) throw noSuchWebhook();
    return toWebhook(row);
  });
