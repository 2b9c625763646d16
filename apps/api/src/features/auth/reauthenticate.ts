import { sessions } from "@muniment/db/schema/sessions.ts";
import { reauthenticated, reauthenticateInput } from "@muniment/shared/accounts.ts";
import { eq } from "drizzle-orm";
import { audited } from "../../trpc/audited.ts";
import { authLimitedForSelf } from "../../trpc/auth-limited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { provesPassword } from "../../trpc/proves-password.ts";

export const reauthenticate = limited("general")
  .meta({ bodyBytes: 4096 })
  .concat(signedIn)
  .concat(permission("account:write"))
  .concat(authLimitedForSelf)
  .input(reauthenticateInput)
  .use(({ ctx, input, next }) => provesPassword(ctx, input.password).then(() => next()))
  .concat(audited("session.reauthenticated"))
  .output(reauthenticated)
  .mutation(async ({ ctx: { deps, tx, audit, afterCommit, principal } }) => {
    const authenticatedAt = deps.now();
    await tx.update(sessions).set({ authenticatedAt }).where(eq(sessions.id, principal.sessionId));
    await audit({ target: { kind: "session", id: principal.sessionPublicId } });
    afterCommit(deps.identities.forget);
    return { authenticatedAt: authenticatedAt.toISOString() };
  });
