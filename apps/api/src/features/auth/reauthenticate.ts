import { sessions } from "@muniment/db/schema/sessions.ts";
import { reauthenticated, reauthenticateInput } from "@muniment/shared/accounts.ts";
import { eq } from "drizzle-orm";
import { acceptProof, provePassword } from "../../identity/credentials.ts";
import { audited } from "../../trpc/audited.ts";
import { authLimitedForSelf } from "../../trpc/auth-limited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { renewSession } from "../../trpc/renew-session.ts";

export const reauthenticate = limited("general")
  .meta({ bodyBytes: 4096 })
  .concat(signedIn)
  .concat(permission("account:write"))
  .concat(authLimitedForSelf)
  .input(reauthenticateInput)
  .use(async function checkPassword({ ctx, input, next }) {
    const proof = await provePassword(ctx.deps, { id: ctx.principal.userId }, input.password);
    return next({ ctx: { proof } });
  })
  .concat(audited("session.reauthenticated"))
  .output(reauthenticated)
  .mutation(async ({ ctx }) => {
    const { deps, tx, audit, principal, proof } = ctx;
    await acceptProof(tx, proof);
    const authenticatedAt = deps.now();
    await tx.update(sessions).set({ authenticatedAt }).where(eq(sessions.id, principal.sessionId));
    await audit({ target: { kind: "session", id: principal.sessionPublicId } });
    await renewSession(ctx);
    return { authenticatedAt: authenticatedAt.toISOString() };
  });
