import { userDetails, userIdInput } from "@muniment/shared/users.ts";
import { isLocked } from "../../trpc/auth-limited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { areCodesLocked } from "../../trpc/codes-limited.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { readsOthers } from "../../trpc/reads-others.ts";
import { readUser } from "./read-users.ts";

export const get = limited("general")
  .concat(signedIn)
  .concat(permission("users:read"))
  .concat(readsOthers)
  .input(userIdInput)
  .output(userDetails)
  .query(async ({ ctx: { deps, saw }, input }) => {
    const found = await readUser(deps.database.reads({}), input.id);
    saw([{ id: found.id, label: found.email }]);
    const [locked, codesLocked] = await Promise.all([
      isLocked(deps.limits, found.email),
      areCodesLocked(deps.limits, found.email),
    ]);
    return { ...found, locked, codesLocked };
  });
