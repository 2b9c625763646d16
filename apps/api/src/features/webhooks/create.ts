import { users } from "@muniment/db/schema/users.ts";
import { webhooks } from "@muniment/db/schema/webhooks.ts";
import { createWebhookInput, maxWebhooks, webhookWithSecret } from "@muniment/shared/webhooks.ts";
import { count, eq } from "drizzle-orm";
import { v7 as uuidv7 } from "uuid";
import { AppError } from "../../errors.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { recentlyAuthenticated } from "../../trpc/recently-authenticated.ts";
import { makeWebhookSecret, placeOfSecret } from "../../webhooks/signature.ts";
import { toWebhook } from "./read-webhooks.ts";

export const create = limited("general")
  .concat(signedIn)
  .concat(permission("webhooks:write"))
  .concat(recentlyAuthenticated)
  .input(createWebhookInput)
  .use(async function checkUrl({ ctx, input, next }) {
    await ctx.deps.egress.check(input.url);
    return next();
  })
  .concat(audited("webhook.created"))
  .output(webhookWithSecret)
  .mutation(async ({ ctx: { deps, tx, audit, principal }, input: { name, url } }) => {
    const { userId } = principal;
    // Those that come at once take turns, so that none is counted past the bound.
    await tx.select({ id: users.id }).from(users).where(eq(users.id, userId)).for("no key update");
    const [known] = await tx
      .select({ count: count() })
      .from(webhooks)
      .where(eq(webhooks.userId, userId));
    if ((known?.count ?? 0) >= maxWebhooks) {
      throw new AppError("too_many", `There are ${maxWebhooks} webhooks already.`);
    }
    const at = deps.now();
    const id = uuidv7();
    const secret = makeWebhookSecret();
    const stored = {
      ...{ id, userId, name, url, createdAt: at, updatedAt: at },
      secret: deps.encryption.encrypt(secret, placeOfSecret(id)),
    };
    const [row] = await tx.insert(webhooks).values(stored).returning();
    if (!row) throw new Error("the webhook was not stored");
    await audit({ target: { kind: "webhook", id, label: name } });
    return { ...toWebhook(row), secret };
  });
