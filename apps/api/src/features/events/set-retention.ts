import { users } from "@muniment/db/schema/users.ts";
import { retention as output, setRetentionInput } from "@muniment/shared/events.ts";
import { eq } from "drizzle-orm";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { recentlyAuthenticated } from "../../trpc/recently-authenticated.ts";

/** Changes how long the caller's events are kept: what is older is hidden at once, and deleted soon. */
export const setRetention = limited("general")
  .concat(signedIn)
  .concat(permission("account:write"))
  .concat(recentlyAuthenticated)
  .input(setRetentionInput)
  .concat(audited("events.retention_changed"))
  .output(output)
  .mutation(async ({ ctx: { deps, tx, audit, afterCommit, principal }, input: { days } }) => {
    const { userId: id, email } = principal;
    await tx.update(users).set({ retentionDays: days }).where(eq(users.id, id));
    await audit({
      target: { kind: "user", id, label: email },
      details: { from: principal.retentionDays, to: days },
    });
    afterCommit(deps.identities.forget);
    return { days, instanceDays: deps.config.eventRetentionDays || null };
  });
