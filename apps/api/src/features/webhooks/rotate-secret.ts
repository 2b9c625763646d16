import { webhooks } from "@muniment/db/schema/webhooks.ts";
import { rotateWebhookSecretInput, webhookWithSecret } from "@muniment/shared/webhooks.ts";
import { eq } from "drizzle-orm";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { recentlyAuthenticated } from "../../trpc/recently-authenticated.ts";
import { makeWebhookSecret, placeOfSecret } from "../../webhooks/signature.ts";
import { lockOwnWebhook } from "./own-webhook.ts";
import { toWebhook } from "./read-webhooks.ts";

/** Gives a webhook a new secret. During the overlap everything is signed with both. */
export const rotateSecret = limited("general")
  .concat(signedIn)
  .concat(permission("webhooks:write"))
  .concat(recentlyAuthenticated)
  .input(rotateWebhookSecretInput)
  .concat(audited("webhook.secret_rotated"))
  .output(webhookWithSecret)
  .mutation(async ({ ctx: { deps, tx, audit, principal }, input: { id, overlapSeconds } }) => {
    const old = await lockOwnWebhook(tx, id, principal.userId);
    const now = deps.now();
    const secret = makeWebhookSecret();
    const until = new Date(now.getTime() + overlapSeconds * 1000);
    const [row] = await tx
      .update(webhooks)
      .set({
        secret: deps.encryption.encrypt(secret, placeOfSecret(id)),
        previousSecret: overlapSeconds > 0 ? old.secret : null,
        previousSecretUntil: overlapSeconds > 0 ? until : null,
        updatedAt: now,
      })
      .where(eq(webhooks.id, id))
      .returning();
    if (!row) throw new Error("a locked webhook is gone");
    await audit({
      target: { kind: "webhook", id, label: row.name },
      details: { overlapSeconds },
    });
    return { ...toWebhook(row), secret };
  });
