import { revokedSessions } from "@muniment/shared/sessions.ts";
import { userIdInput } from "@muniment/shared/users.ts";
import { enterScope } from "../../identity/scope.ts";
import { endSessions } from "../../identity/sessions.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { readUser } from "./read-users.ts";

/** Signs a user out everywhere; the administrator's own session of this call stays. */
export const revokeSessions = limited("general")
  .concat(signedIn)
  .concat(permission("users:write"))
  .input(userIdInput)
  .concat(audited("user.sessions_revoked"))
  .output(revokedSessions)
  .mutation(async ({ ctx: { deps, tx, audit, afterCommit, principal }, input: { id } }) => {
    const { email } = await readUser(tx, id);
    enterScope(tx, id);
    const revoked = await endSessions(tx, id, principal.sessionId);
    await audit({ target: { kind: "user", id, label: email }, details: { revoked } });
    if (revoked > 0) await deps.notify(tx, email, { kind: "sessions_revoked" });
    afterCommit(deps.identities.forget);
    return { revoked };
  });
