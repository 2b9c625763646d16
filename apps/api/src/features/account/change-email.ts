import { changeEmailInput, verificationSent } from "@muniment/shared/accounts.ts";
import { AppError } from "../../errors.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { mailLimited, mailLimitedForSelf } from "../../trpc/mail-limited.ts";
import { permission } from "../../trpc/permission.ts";
import { recentlyAuthenticated } from "../../trpc/recently-authenticated.ts";
import { emailChangeQueue } from "./jobs.ts";

/**
 * Asks for another address. Nothing changes before its owner confirms, and the answer does not tell
 * whether somebody else has it: a job finds out which mail is due.
 */
export const changeEmail = limited("general")
  .meta({ bodyBytes: 4096 })
  .concat(signedIn)
  .concat(permission("account:write"))
  .concat(recentlyAuthenticated)
  .concat(mailLimited)
  .concat(mailLimitedForSelf)
  .input(changeEmailInput)
  .concat(audited("account.email_change_requested"))
  .output(verificationSent)
  .mutation(async ({ ctx: { deps, tx, audit, principal, request }, input: { email } }) => {
    const { userId: id } = principal;
    if (email === principal.email) {
      throw new AppError("already_exists", "This is the address of your account already.");
    }
    await deps.jobs.enqueue(tx, emailChangeQueue, { userId: id, email });
    await deps.notify(tx, principal.email, { kind: "email_change_requested" }, request);
    await audit({ target: { kind: "user", id, label: principal.email } });
    return { status: "verificationSent" };
  });
