import { me as meSchema } from "@muniment/shared/accounts.ts";
import { noInput } from "@muniment/shared/values.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { toMe } from "../../trpc/starts-session.ts";

export const me = limited("general")
  // Every visitor's page asks this first, to learn whether there is a session.
  .meta({ refusalsUnrecorded: true })
  .concat(signedIn)
  .concat(permission("account:write", { whileEnrolling: true }))
  .input(noInput)
  .output(meSchema)
  .query(({ ctx: { deps, principal } }) => {
    const { userId: id, email, displayName, role, createdAt, secondFactor } = principal;
    return toMe(deps.config, { id, email, displayName, role, createdAt, secondFactor });
  });
