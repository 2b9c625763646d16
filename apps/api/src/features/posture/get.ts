import { posture } from "@muniment/shared/posture.ts";
import { noInput } from "@muniment/shared/values.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";

/** How safe the installation is; the same to all who may ask, and about nobody. */
export const get = limited("general")
  .concat(signedIn)
  .concat(permission("posture:read"))
  .input(noInput)
  .output(posture)
  .query(({ ctx: { deps } }) => deps.posture.read());
