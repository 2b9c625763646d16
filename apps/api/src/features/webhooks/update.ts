import { webhooks } from "@muniment/db/schema/webhooks.ts";
import { updateWebhookInput, webhook } from "@muniment/shared/webhooks.ts";
import { and, eq } from "drizzle-orm";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { recentlyAuthenticated } from "../../trpc/recently-authenticated.ts";
import { noSuchWebhook } from "./own-webhook.ts";
import { toWebhook } from "./read-webhooks.ts";

/** Changes a webhook; whoever turns it on, or gives it another URL, starts it afresh. */
export const update = limited("general")
  .concat(signedIn)
  .concat(permission("webhooks:write"))
  .concat(recentlyAuthenticated)
  .input(updateWebhookInput)
  .use(async function checkUrl({ ctx, input, next }) {
    if (input.url !== undefined) await ctx.deps.egress.check(input.url);
    return next();
  })
  .concat(audited("webhook.updated"))
  .output(webhook)
  .mutation(async ({ ctx: { deps, tx, audit, principal }, input }) => {
    const { id, name, url, enabled } = input;
    const changes = {
      ...(name === undefined ? {} : { name }),
      ...(url === undefined ? {} : { url }),
      ...(enabled === undefined ? {} : { enabled }),
    };
    const isAfresh = url !== undefined || enabled === true;
    const afresh = { failures: 0, failingSince: null };
    const [row] = await tx
      .update(webhooks)
      .set({
        ...changes,
        ...(isAfresh ? afresh : {}),
        ...(enabled === undefined ? {} : { disabledForFailing: false }),
        updatedAt: deps.now(),
      })
      .where(and(eq(webhooks.id, id), eq(webhooks.userId, principal.userId)))
      .returning();
    if (!row) throw noSuchWebhook();
    await audit({
      target: { kind: "webhook", id, label: row.name },
      details: { fields: Object.keys(changes) },
    });
    return toWebhook(row);
  });
