import { listSessionsInput, sessionPage } from "@muniment/shared/sessions.ts";
import { listSessions } from "../../identity/listed-sessions.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";

export const list = limited("general")
  .concat(signedIn)
  .concat(permission("sessions:read"))
  .input(listSessionsInput)
  .output(sessionPage)
  .query(({ ctx: { deps, principal }, input }) =>
    listSessions(deps, principal.userId, principal.sessionId, input),
  );
