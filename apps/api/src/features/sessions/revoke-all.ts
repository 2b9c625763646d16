import { revokedSessions } from "@muniment/shared/sessions.ts";
import { noInput } from "@muniment/shared/values.ts";
import { endedSessionCookie } from "../../http/cookies.ts";
import { endSessions } from "../../identity/sessions.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { recentlyAuthenticated } from "../../trpc/recently-authenticated.ts";

/** Signs the caller out everywhere, here too. */
export const revokeAll = limited("general")
  .concat(signedIn)
  .concat(permission("sessions:write"))
  .concat(recentlyAuthenticated)
  .input(noInput)
  .concat(audited("session.revoked"))
  .output(revokedSessions)
  .mutation(async ({ ctx: { deps, tx, audit, afterCommit, principal, response } }) => {
    const revoked = await endSessions(tx, principal.userId);
    await audit({
      target: { kind: "user", id: principal.userId, label: principal.email },
      details: { revoked },
    });
    afterCommit(() => {
      deps.identities.forget();
      if (principal.via === "browser") response.cookies.push(endedSessionCookie(deps.config));
    });
    return { revoked };
  });
