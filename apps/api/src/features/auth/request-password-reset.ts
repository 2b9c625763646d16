import { requestPasswordResetInput, resetRequested } from "@muniment/shared/accounts.ts";
import { audited } from "../../trpc/audited.ts";
import { anyone } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { mailLimited } from "../../trpc/mail-limited.ts";
import { passwordResetQueue } from "./jobs.ts";

/** Answers every address alike and at once; a job finds out whether there is an account to mail to. */
export const requestPasswordReset = limited("general")
  .meta({ bodyBytes: 4096 })
  .concat(anyone)
  .concat(mailLimited)
  .input(requestPasswordResetInput)
  .concat(audited("account.password_reset_requested"))
  .output(resetRequested)
  .mutation(async ({ ctx: { deps, tx, audit }, input: { email } }) => {
    await deps.jobs.enqueue(tx, passwordResetQueue, { email });
    await audit({ target: { kind: "procedure", id: "auth.requestPasswordReset", label: email } });
    return { status: "resetRequested" };
  });
