import type { Send } from "./send-checkpoint.ts";

/** The newest checkpoint in a mail, as a signed note that can be cut out and given to `muniment verify`. */
export const sendToMailbox: Send = async (
  { mailer, config },
  { target },
  { origin, size, note },
) => ({
  within: (tx) =>
    mailer.send(tx, {
      to: target,
      subject: `Checkpoint of ${origin}: ${size} entries`,
      text: `This is the signed state of the audit log of ${config.publicUrl.origin}. Keep this mail: nobody can change the first ${size} entries without contradicting it.\n\nTo compare it with the log, save the lines below in a file and run: pnpm muniment verify --checkpoint <file>\n\n${note}`,
    }),
});
