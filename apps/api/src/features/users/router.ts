import { router } from "../../trpc/init.ts";
import { deleteUser } from "./delete.ts";
import { disable } from "./disable.ts";
import { enable } from "./enable.ts";
import { get } from "./get.ts";
import { invite } from "./invite.ts";
import { list } from "./list.ts";
import { revokeSessions } from "./revoke-sessions.ts";
import { setRole } from "./set-role.ts";
import { unlock } from "./unlock.ts";

export const usersRouter = router({
  delete: deleteUser,
  disable,
  enable,
  get,
  invite,
  list,
  revokeSessions,
  setRole,
  unlock,
});
