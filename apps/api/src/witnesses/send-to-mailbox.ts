import type { Config } from "../config.ts";
import { AppError } from "../errors.ts";
import type { Send } from "./send-checkpoint.ts";

/** A mail in the outbox would keep a checkpoint on this machine. @throws AppError `mail_unavailable` */
export function requireMailServer({ smtpUrl }: Config): void {
  if (smtpUrl === null) {
    throw new AppError("mail_unavailable", "No SMTP_URL is set: mails stay on this machine.");
  }
}

/** What a mail server answered may name the mailbox; its code does not. */
function explain(cause: unknown): Error {
  const { responseCode, code } = cause as { responseCode?: number; code?: string };
  const why = responseCode ?? code ?? "unknown";
  return new Error(`The mail server did not take it (${why}).`, { cause });
}

/** The newest checkpoint in a mail, as a signed note that can be cut out and given to `muniment verify`. */
export const sendToMailbox: Send = async (
  { mailer, config },
  { target },
  { origin, size, note },
) => {
  requireMailServer(config);
  const message = {
    to: target,
    subject: `Checkpoint of ${origin}: ${size} entries`,
    text: `This is the signed state of the audit log of ${config.publicUrl.origin}. Keep this mail: nobody can change the first ${size} entries without contradicting it.\n\nTo compare it with the log, save the lines below in a file and run: pnpm muniment verify --checkpoint <file>\n\n${note}`,
  };
  await mailer.sendNow(message).catch((cause: unknown) => {
    throw explain(cause);
  });
  return {};
};
