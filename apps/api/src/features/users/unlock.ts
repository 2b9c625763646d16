import { users } from "@muniment/db/schema/users.ts";
import { user, userIdInput } from "@muniment/shared/users.ts";
import { eq } from "drizzle-orm";
import { audited } from "../../trpc/audited.ts";
import { forgetAttempts } from "../../trpc/auth-limited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { forgetCodes } from "../../trpc/codes-limited.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { readUser } from "./read-users.ts";

/** Forgets the failed attempts and wrong codes counted against an account, from every address. */
export const unlock = limited("general")
  .concat(signedIn)
  .concat(permission("users:write"))
  .input(userIdInput)
  .concat(audited("user.unlocked"))
  .output(user)
  .mutation(async ({ ctx: { deps, tx, audit }, input: { id } }) => {
    const found = await readUser(tx, id);
    await tx.update(users).set({ lockedUntil: null }).where(eq(users.id, id));
    await audit({ target: { kind: "user", id, label: found.email } });
    await forgetAttempts(deps.limits, found.email);
    await forgetCodes(deps.limits, found.email);
    return { ...found, lockedUntil: null };
  });
