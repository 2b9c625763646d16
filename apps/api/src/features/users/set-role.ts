import { users } from "@muniment/db/schema/users.ts";
import { setRoleInput, user } from "@muniment/shared/users.ts";
import { eq } from "drizzle-orm";
import { keepAnAdmin, takeTurn } from "../../identity/last-admin.ts";
import { dropInvitationsOf } from "../../identity/link-token.ts";
import { readUntil, untilOf } from "../../identity/role-at.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { recentlyAuthenticated } from "../../trpc/recently-authenticated.ts";
import { endOtherSessions } from "../../trpc/renew-session.ts";
import { readUser } from "./read-users.ts";

/**
 * Changes a role, and when it ends. Where the role is another, the user's sessions end, so that none
 * goes on with the old one.
 */
export const setRole = limited("general")
  .concat(signedIn)
  .concat(permission("users:write"))
  .concat(recentlyAuthenticated)
  .input(setRoleInput)
  .concat(audited("user.role_changed"))
  .output(user)
  .mutation(async ({ ctx, input: { id, role, until } }) => {
    const { deps, tx, audit } = ctx;
    const roleUntil = readUntil(until, deps.now());
    if (role === "admin") await takeTurn(tx);
    else await keepAnAdmin(tx, id);
    const before = await readUser(tx, id);
    await tx.update(users).set({ role, roleUntil }).where(eq(users.id, id));
    const dropped = role === "admin" ? {} : await dropInvitationsOf(tx, id);
    if (role !== before.role) {
      await endOtherSessions(ctx, id);
      await deps.notify(tx, before.email, { kind: "role_changed", role, until: roleUntil });
    }
    await audit({
      target: { kind: "user", id, label: before.email },
      details: { from: before.role, to: role, ...dropped, ...untilOf({ roleUntil }) },
    });
    return readUser(tx, id);
  });
