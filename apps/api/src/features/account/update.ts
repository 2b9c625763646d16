import { users } from "@muniment/db/schema/users.ts";
import { me, updateAccountInput } from "@muniment/shared/accounts.ts";
import { eq } from "drizzle-orm";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { toMe } from "../../trpc/starts-session.ts";

export const update = limited("general")
  .concat(signedIn)
  .concat(permission("account:write"))
  .input(updateAccountInput)
  .concat(audited("account.updated"))
  .output(me)
  .mutation(async ({ ctx: { deps, tx, audit, afterCommit, principal }, input }) => {
    const { userId: id } = principal;
    await tx.update(users).set({ displayName: input.displayName }).where(eq(users.id, id));
    await audit({ target: { kind: "user", id, label: principal.email } });
    afterCommit(deps.identities.forget);
    return toMe(deps.config, { ...principal, ...input, id });
  });
