import { sessions } from "@muniment/db/schema/sessions.ts";
import { revokedSessions } from "@muniment/shared/sessions.ts";
import { userSessionInput } from "@muniment/shared/users.ts";
import { and, eq, ne } from "drizzle-orm";
import { AppError } from "../../errors.ts";
import { enterScope } from "../../identity/scope.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { readUser } from "./read-users.ts";

/** Ends one session of a user; never that of this call, for which there is signing out. */
export const revokeSession = limited("general")
  .concat(signedIn)
  .concat(permission("users:write"))
  .input(userSessionInput)
  .concat(audited("user.sessions_revoked"))
  .output(revokedSessions)
  .mutation(async ({ ctx, input: { id, sessionId } }) => {
    const { deps, tx, audit, afterCommit, principal } = ctx;
    const { email } = await readUser(tx, id);
    enterScope(tx, id);
    const ended = await tx
      .delete(sessions)
      .where(
        and(
          eq(sessions.userId, id),
          eq(sessions.publicId, sessionId),
          ne(sessions.id, principal.sessionId),
        ),
      )
      .returning({ id: sessions.publicId });
    if (ended.length === 0) throw new AppError("not_found", "There is no such session.");
    await audit({ target: { kind: "user", id, label: email }, details: { revoked: 1 } });
    await deps.notify(tx, email, { kind: "sessions_revoked" });
    afterCommit(deps.identities.forget);
    return { revoked: 1 };
  });
