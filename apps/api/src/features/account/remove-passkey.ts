import { passkeys } from "@muniment/db/schema/second-factors.ts";
import { passkeyIdInput } from "@muniment/shared/second-factors.ts";
import { and, eq } from "drizzle-orm";
import { AppError } from "../../errors.ts";
import { lockSelf, settleFactors } from "../../identity/factor-changes.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { recentlyAuthenticated } from "../../trpc/recently-authenticated.ts";
import { endOtherSessions } from "../../trpc/renew-session.ts";

/** Takes a passkey away. The password stays, so there is always a way to sign in. */
export const removePasskey = limited("general")
  .concat(signedIn)
  .concat(permission("account:write"))
  .concat(recentlyAuthenticated)
  .input(passkeyIdInput)
  .concat(audited("passkey.deleted"))
  .output(passkeyIdInput)
  .mutation(async ({ ctx, input: { id } }) => {
    const { deps, tx, audit, principal, request } = ctx;
    const { userId, email } = principal;
    const user = await lockSelf(tx, userId);
    const [removed] = await tx
      .delete(passkeys)
      .where(and(eq(passkeys.id, id), eq(passkeys.userId, userId)))
      .returning();
    if (!removed) throw new AppError("not_found", "There is no such passkey.");
    await settleFactors(tx, deps.config, user, deps.now());
    const sessionsRevoked = await endOtherSessions(ctx);
    await audit({
      target: { kind: "passkey", id, label: removed.name },
      details: { sessionsRevoked },
    });
    await deps.notify(tx, email, { kind: "passkey_removed" }, request);
    return { id };
  });
