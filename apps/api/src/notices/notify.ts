import type { Tx } from "@muniment/db/database.ts";
import { knownDevice } from "@muniment/shared/device-name.ts";
import type { Mailer } from "../mailer.ts";
import { type Notice, textOf } from "./texts.ts";

/** The call that did what the notice tells of. */
type Origin = { address: string; userAgent: string };

/**
 * Tells an account's owner by mail of a change to its security, if and only if the transaction of
 * the change commits. `email` is the account's address; without `origin` the mail does not say from
 * where the change came (where an administrator or the system made it).
 */
export type Notify = (tx: Tx, email: string, notice: Notice, origin?: Origin) => Promise<void>;

const remedies = {
  reset: (publicUrl: URL) => [
    "If this was not you, set a new password at once, and ask an administrator for help:",
    new URL("/forgot", publicUrl).href,
  ],
  administrator: () => ["If this was not you, ask an administrator for help at once."],
  none: () => ["If you do not know why, ask an administrator."],
};

/** The body of a notice: only words of our own, an account's address and a caller's network address. */
export function noticeText(
  publicUrl: URL,
  email: string,
  notice: Notice,
  at: Date,
  origin?: Origin,
): string {
  const { happened, remedy } = textOf(notice);
  // A User-Agent header is the caller's text, and could hold anything.
  const device = origin && (knownDevice(origin.userAgent) ?? "an unknown device");
  return [
    happened(email),
    "",
    `When: ${at.toUTCString()}`,
    ...(origin ? [`From: ${origin.address}, ${device}`] : []),
    "",
    ...remedies[remedy](publicUrl),
    "",
    `This is a notice of ${publicUrl.origin}. Nobody there will ask for your password.`,
  ].join("\n");
}

export function createNotify(mailer: Mailer, publicUrl: URL, now: () => Date): Notify {
  return (tx, email, notice, origin) =>
    mailer.send(tx, {
      to: email,
      subject: textOf(notice).subject,
      text: noticeText(publicUrl, email, notice, now(), origin),
    });
}
