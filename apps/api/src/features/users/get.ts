import { user, userIdInput } from "@muniment/shared/users.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { readUser } from "./read-users.ts";

export const get = limited("general")
  .concat(signedIn)
  .concat(permission("users:read"))
  .input(userIdInput)
  .output(user)
  .query(({ ctx: { deps }, input }) => readUser(deps.database.reads({}), input.id));
