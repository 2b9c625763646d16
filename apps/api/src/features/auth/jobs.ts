import { users } from "@muniment/db/schema/users.ts";
import { role } from "@muniment/shared/accounts.ts";
import { eq } from "drizzle-orm";
import { z } from "zod";
import { writeAuditEntry } from "../../audit/write.ts";
import type { Deps } from "../../deps.ts";
import { lockUser } from "../../identity/factor-changes.ts";
import { createLinkToken } from "../../identity/link-token.ts";
import { sendResetLink } from "../../identity/reset-link.ts";
import { linkMail } from "../../link-mail.ts";

type JobDeps = Pick<Deps, "jobs" | "database" | "dataKeys" | "mailer" | "config" | "now">;

/** The job that mails a reset link where there is an account; payload `{ email }`. */
export const passwordResetQueue = "password-reset";
/** The job that mails what follows a sign-up; payload `PendingSignUp`. */
export const signUpQueue = "sign-up";

const resetRequest = z.strictObject({ email: z.string() });
/** What waits for the proof that the address is the person's. */
const pendingSignUp = z.strictObject({
  email: z.string(),
  displayName: z.string(),
  passwordHash: z.string(),
  role,
  /** Absent without an end: a node of an older version refuses the key, which some versions sent as null. */
  roleUntil: z.iso.datetime().nullish(),
  invited: z.boolean(),
  /** Absent where nobody did, for the same reason. */
  invitedBy: z.string().optional(),
});
export type PendingSignUp = z.infer<typeof pendingSignUp>;

const signUpLifetimeSeconds = 24 * 3600;

async function answerResetRequest(deps: JobDeps, email: string): Promise<void> {
  await deps.database.transaction({}, async (tx) => {
    const [user] = await tx.select().from(users).where(eq(users.email, email));
    if (!user || user.disabledAt) return;
    await sendResetLink(deps, tx, user, "owner");
    await writeAuditEntry(tx, deps.dataKeys, {
      at: deps.now(),
      principal: { kind: "anonymous" },
      action: "account.password_reset_sent",
      outcome: "success",
      target: { kind: "user", id: user.id, label: email },
      details: {},
    });
  });
}

async function answerSignUp(
  { database, mailer, config, now }: JobDeps,
  pending: PendingSignUp,
): Promise<void> {
  const { email, invitedBy } = pending;
  await database.transaction({}, async (tx) => {
    // The invitation ended while this waited, where who sent it is no administrator any more.
    if (invitedBy && (await lockUser(tx, invitedBy))?.role !== "admin") return;
    const [known] = await tx.select({ id: users.id }).from(users).where(eq(users.email, email));
    if (known) {
      const text = [
        "Somebody, you as we hope, wanted to make an account with this address. There is one already.",
        "",
        "Sign in:",
        new URL("/sign-in", config.publicUrl).href,
        "",
        "If you have forgotten the password, set a new one:",
        new URL("/forgot", config.publicUrl).href,
        "",
        "If it was not you, ignore this mail: nothing was changed.",
      ].join("\n");
      await mailer.send(tx, { to: email, subject: "You have an account already", text });
      return;
    }
    const { token, expiresAt } = await createLinkToken(
      tx,
      {
        ...{ purpose: "sign_up", ...pending },
        roleUntil: pending.roleUntil ? new Date(pending.roleUntil) : null,
        invitedBy: invitedBy ?? null,
      },
      now(),
      signUpLifetimeSeconds,
    );
    const message = linkMail({
      to: email,
      subject: "Confirm your address",
      lead: "Somebody, you as we hope, makes an account of Muniment with this address.",
      purpose: "confirm it",
      link: new URL(`/verify#token=${token}`, config.publicUrl),
      expiresAt,
      otherwise:
        "If it was not you, do not open it and ignore this mail: no account is made without it.",
    });
    await mailer.send(tx, message);
  });
}

/** Apart from the calls, so that these answer known and unknown addresses alike and in the same time. */
export function defineAuthJobs(deps: JobDeps): void {
  const { jobs } = deps;
  jobs.define(passwordResetQueue, (payload) =>
    answerResetRequest(deps, resetRequest.parse(payload).email),
  );
  jobs.define(signUpQueue, (payload) => answerSignUp(deps, pendingSignUp.parse(payload)));
}
