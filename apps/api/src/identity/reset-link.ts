import type { Tx } from "@muniment/db/database.ts";
import type { Deps } from "../deps.ts";
import { linkMail } from "../link-mail.ts";
import { createLinkToken } from "./link-token.ts";
import { enterScope } from "./scope.ts";

const lifetimeSeconds = 30 * 60;

const leads = {
  owner: "Somebody, you as we hope, asked for a new password for your account.",
  administrator: "An administrator asks you to choose a new password for your account.",
};

/** Mails a link with which the owner of an account sets a new password; nobody else gets to see it. */
export async function sendResetLink(
  { mailer, config, now }: Pick<Deps, "mailer" | "config" | "now">,
  tx: Tx,
  { id, email }: { id: string; email: string },
  askedBy: keyof typeof leads,
): Promise<{ expiresAt: Date }> {
  enterScope(tx, id);
  const { token, expiresAt } = await createLinkToken(
    tx,
    { purpose: "password_reset", userId: id, email },
    now(),
    lifetimeSeconds,
  );
  await mailer.send(
    tx,
    linkMail({
      to: email,
      subject: "Your new password",
      lead: leads[askedBy],
      purpose: "set it",
      link: new URL(`/reset#token=${token}`, config.publicUrl),
      expiresAt,
      otherwise: "If you do not want this, ignore this mail: the password stays as it is.",
    }),
  );
  return { expiresAt };
}
