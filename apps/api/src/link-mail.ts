import type { Mail } from "./mailer.ts";

type LinkMail = {
  to: string;
  subject: string;
  /** Why this mail comes, in sentences of our own. */
  lead: string;
  /** What opening the link does: "Open this link to ...". */
  purpose: string;
  link: URL;
  expiresAt: Date;
  /** What to do when the mail was not expected. */
  otherwise: string;
};

/** A mail around a single-use link. */
export function linkMail({ to, subject, lead, purpose, link, ...rest }: LinkMail): Mail {
  const text = [
    lead,
    "",
    `Open this link to ${purpose}:`,
    link.href,
    "",
    `It works once, until ${rest.expiresAt.toUTCString()}.`,
    rest.otherwise,
  ].join("\n");
  return { to, subject, text };
}
