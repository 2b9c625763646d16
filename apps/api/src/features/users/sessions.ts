import { sessionPage } from "@muniment/shared/sessions.ts";
import { listUserSessionsInput } from "@muniment/shared/users.ts";
import { listSessions } from "../../identity/listed-sessions.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { readsOthers } from "../../trpc/reads-others.ts";
import { readUser } from "./read-users.ts";

/** Where a user is signed in, for administrators and auditors. */
export const userSessions = limited("general")
  .concat(signedIn)
  .concat(permission("users:read"))
  .concat(readsOthers)
  .input(listUserSessionsInput)
  .output(sessionPage)
  .query(async ({ ctx: { deps, principal, saw }, input }) => {
    const { id, email } = await readUser(deps.database.reads({}), input.id);
    saw([{ id, label: email }]);
    return listSessions(deps, id, principal.sessionId, input);
  });
