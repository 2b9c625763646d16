import { users } from "@muniment/db/schema/users.ts";
import { and, eq, isNull } from "drizzle-orm";
import { z } from "zod";
import type { Deps } from "../../deps.ts";
import { createLinkToken, dropAccountLinks } from "../../identity/link-token.ts";
import { linkMail } from "../../link-mail.ts";

type JobDeps = Pick<Deps, "jobs" | "database" | "mailer" | "config" | "now">;

/** The job that mails to the address an account shall get; payload `{ userId, email }`. */
export const emailChangeQueue = "email-change";
const emailChange = z.strictObject({ userId: z.string(), email: z.string() });

const lifetimeSeconds = 3600;

async function answerEmailChange(
  { database, mailer, config, now }: JobDeps,
  { userId, email }: z.infer<typeof emailChange>,
): Promise<void> {
  await database.transaction({ userId }, async (tx) => {
    const [taken] = await tx.select({ id: users.id }).from(users).where(eq(users.email, email));
    if (taken) {
      const text = [
        "Somebody wanted to use this address for another account. It has an account already, which stays as it is.",
        "",
        "If it was you, sign in to that account, or choose another address:",
        new URL("/sign-in", config.publicUrl).href,
      ].join("\n");
      await mailer.send(tx, { to: email, subject: "This address has an account", text });
      return;
    }
    const [user] = await tx
      .select({ id: users.id })
      .from(users)
      .where(and(eq(users.id, userId), isNull(users.disabledAt)))
      .for("no key update");
    if (!user) return;
    await dropAccountLinks(tx, userId, ["email_change"]);
    const facts = { purpose: "email_change", userId, email } as const;
    const { token, expiresAt } = await createLinkToken(tx, facts, now(), lifetimeSeconds);
    const message = linkMail({
      to: email,
      subject: "Confirm your new address",
      lead: "Somebody, you as we hope, wants to sign in to Muniment with this address from now on.",
      purpose: "confirm it",
      link: new URL(`/confirm-email#token=${token}`, config.publicUrl),
      expiresAt,
      otherwise: "If it was not you, do not open it and ignore this mail.",
    });
    await mailer.send(tx, message);
  });
}

/** Apart from the call, which answers free and taken addresses alike and in the same time. */
export function defineAccountJobs(deps: JobDeps): void {
  deps.jobs.define(emailChangeQueue, (payload) =>
    answerEmailChange(deps, emailChange.parse(payload)),
  );
}
