import { alertNotices as chosenNotices } from "@muniment/db/schema/alerts.ts";
import { alertNotices } from "@muniment/shared/alerts.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { recentlyAuthenticated } from "../../trpc/recently-authenticated.ts";
import { requireOwnWebhooks } from "../../webhooks/own-webhooks.ts";

/** Chooses what the caller is told of, and how; a thief of the session must not turn it off. */
export const setNotices = limited("general")
  .concat(signedIn)
  .concat(permission("alerts:write"))
  .concat(recentlyAuthenticated)
  .input(alertNotices)
  .concat(audited("alert.notices_set"))
  .output(alertNotices)
  .mutation(async ({ ctx: { deps, tx, audit, principal }, input }) => {
    const { userId } = principal;
    const webhookIds = await requireOwnWebhooks(tx, input.webhookIds, userId);
    const chosen = { ...input, webhookIds };
    const values = { ...chosen, updatedAt: deps.now() };
    await tx
      .insert(chosenNotices)
      .values({ userId, ...values })
      .onConflictDoUpdate({ target: chosenNotices.userId, set: values });
    await audit({ target: { kind: "user", id: userId, label: principal.email }, details: chosen });
    return chosen;
  });
