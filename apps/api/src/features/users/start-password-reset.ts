import { resetStarted, userIdInput } from "@muniment/shared/users.ts";
import { AppError } from "../../errors.ts";
import { sendResetLink } from "../../identity/reset-link.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { mailLimitedForUser } from "../../trpc/mail-limited.ts";
import { permission } from "../../trpc/permission.ts";
import { recentlyAuthenticated } from "../../trpc/recently-authenticated.ts";
import { readUser } from "./read-users.ts";

/**
 * Mails a user a link with which they choose a new password. The administrator neither chooses it nor
 * sees the link (ASVS 5.0, 6.4.6); until it is used everything stays as it is.
 */
export const startPasswordReset = limited("general")
  .concat(signedIn)
  .concat(permission("users:write"))
  .concat(recentlyAuthenticated)
  .input(userIdInput)
  .concat(
    mailLimitedForUser(async ({ database }, id) => (await readUser(database.reads({}), id)).email),
  )
  .concat(audited("user.password_reset_started"))
  .output(resetStarted)
  .mutation(async ({ ctx: { deps, tx, audit }, input: { id } }) => {
    const { email, status } = await readUser(tx, id);
    if (status === "disabled") {
      throw new AppError("user_disabled", "Enable the account before its password is reset.");
    }
    const { expiresAt } = await sendResetLink(deps, tx, { id, email }, "administrator");
    await audit({ target: { kind: "user", id, label: email } });
    return { email, expiresAt: expiresAt.toISOString() };
  });
