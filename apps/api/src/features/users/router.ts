import { router } from "../../trpc/init.ts";
import { deleteUser } from "./delete.ts";
import { disable } from "./disable.ts";
import { enable } from "./enable.ts";
import { get } from "./get.ts";
import { invitations } from "./invitations.ts";
import { invite } from "./invite.ts";
import { list } from "./list.ts";
import { removeFactors } from "./remove-factors.ts";
import { revokeInvitation } from "./revoke-invitation.ts";
import { revokeSession } from "./revoke-session.ts";
import { revokeSessions } from "./revoke-sessions.ts";
import { userSessions } from "./sessions.ts";
import { setRole } from "./set-role.ts";
import { startPasswordReset } from "./start-password-reset.ts";
import { unlock } from "./unlock.ts";

export const usersRouter = router({
  delete: deleteUser,
  disable,
  enable,
  get,
  invitations,
  invite,
  list,
  removeFactors,
  revokeInvitation,
  revokeSession,
  revokeSessions,
  sessions: userSessions,
  setRole,
  startPasswordReset,
  unlock,
});
