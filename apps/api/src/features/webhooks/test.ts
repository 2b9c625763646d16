import { deliveryIdInput, webhookIdInput } from "@muniment/shared/webhooks.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { emitDeliveries } from "../../webhooks/emit.ts";
import { lockOwnWebhook } from "./own-webhook.ts";

/** Sends a delivery that says it is a test, once. Answers the id of the delivery, to be found in the log. */
export const test = limited("general")
  .concat(signedIn)
  .concat(permission("webhooks:write"))
  .input(webhookIdInput)
  .concat(audited("webhook.tested"))
  .output(deliveryIdInput)
  .mutation(async ({ ctx: { deps, tx, audit, principal }, input: { id } }) => {
    const { name } = await lockOwnWebhook(tx, id, principal.userId);
    const [deliveryId] = await emitDeliveries(tx, deps.jobs, {
      userId: principal.userId,
      webhookIds: [id],
      topic: "webhook.test",
      data: { webhook: { id, name } },
      now: deps.now(),
    });
    if (deliveryId === undefined) throw new Error("a locked webhook is gone");
    await audit({ target: { kind: "webhook", id, label: name } });
    return { id: deliveryId };
  });
