import { webhooks } from "@muniment/db/schema/webhooks.ts";
import { listWebhooksInput, webhookPage } from "@muniment/shared/webhooks.ts";
import { and, desc, eq } from "drizzle-orm";
import { keysetPage } from "../../paging.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { toWebhook } from "./read-webhooks.ts";

/** The caller's webhooks, newest first. */
export const list = limited("general")
  .concat(signedIn)
  .concat(permission("webhooks:read"))
  .input(listWebhooksInput)
  .output(webhookPage)
  .query(async ({ ctx: { deps, principal }, input }) => {
    const { userId } = principal;
    const page = keysetPage(deps, `webhooks:${userId}`, input);
    const rows = await deps.database
      .reads({ userId })
      .select()
      .from(webhooks)
      .where(and(eq(webhooks.userId, userId), page.after(webhooks.createdAt, webhooks.id)))
      .orderBy(desc(webhooks.createdAt), desc(webhooks.id))
      .limit(page.fetch);
    return page.cut(rows, (row) => ({ at: row.createdAt, id: row.id }), toWebhook);
  });
