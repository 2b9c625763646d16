import { sessions } from "@muniment/db/schema/sessions.ts";
import { noInput } from "@muniment/shared/values.ts";
import { eq } from "drizzle-orm";
import { z } from "zod";
import { endedSessionCookie } from "../../http/cookies.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";

export const signOut = limited("general")
  .concat(signedIn)
  .concat(permission("sessions:write", { whileEnrolling: true }))
  .input(noInput)
  .concat(audited("session.ended"))
  .output(z.strictObject({}))
  .mutation(async ({ ctx: { deps, tx, audit, afterCommit, principal, response } }) => {
    await tx.delete(sessions).where(eq(sessions.id, principal.sessionId));
    await audit({ target: { kind: "session", id: principal.sessionPublicId } });
    afterCommit(() => {
      deps.identities.forget();
      if (principal.via === "browser") response.cookies.push(endedSessionCookie(deps.config));
    });
    return {};
  });
