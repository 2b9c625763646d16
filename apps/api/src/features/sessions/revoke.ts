import { sessions } from "@muniment/db/schema/sessions.ts";
import { revokedSessions, revokeSessionInput } from "@muniment/shared/sessions.ts";
import { and, eq } from "drizzle-orm";
import { AppError } from "../../errors.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { recentlyAuthenticated } from "../../trpc/recently-authenticated.ts";

export const revoke = limited("general")
  .concat(signedIn)
  .concat(permission("sessions:write"))
  .concat(recentlyAuthenticated)
  .input(revokeSessionInput)
  .concat(audited("session.revoked"))
  .output(revokedSessions)
  .mutation(async ({ ctx: { deps, tx, audit, afterCommit, principal }, input }) => {
    const ended = await tx
      .delete(sessions)
      .where(and(eq(sessions.publicId, input.id), eq(sessions.userId, principal.userId)))
      .returning({ id: sessions.id });
    if (ended.length === 0) throw new AppError("not_found", "There is no such session.");
    await audit({ target: { kind: "session", id: input.id }, details: { revoked: 1 } });
    afterCommit(deps.identities.forget);
    return { revoked: 1 };
  });
