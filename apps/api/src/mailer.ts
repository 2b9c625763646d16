import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Tx } from "@muniment/db/database.ts";
import { createTransport } from "nodemailer";
import { v7 as uuidv7 } from "uuid";
import { z } from "zod";
import { type Config, isLoopback } from "./config.ts";
import type { Jobs } from "./jobs.ts";

const mail = z.strictObject({ to: z.string(), subject: z.string(), text: z.string() });
export type Mail = z.infer<typeof mail>;

export type Mailer = {
  /** Sends a mail if and only if the transaction commits. */
  send(tx: Tx, message: Mail): Promise<void>;
  /** Sends a mail at once, for who has to know that it went out. @throws where it was not taken */
  sendNow(message: Mail): Promise<void>;
};

const queue = "mail";

/** One RFC 5322 file per mail, for an installation without an SMTP server. */
function outboxTransport(directory: string, from: string) {
  const compose = createTransport({ streamTransport: true, buffer: true, newline: "windows" });
  return async (message: Mail) => {
    const { message: text } = await compose.sendMail({
      ...message,
      from,
      textEncoding: "quoted-printable",
    });
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const path = join(directory, `${uuidv7()}.eml`);
    try {
      await writeFile(`${path}.tmp`, text as Buffer, { mode: 0o600, flush: true });
      await rename(`${path}.tmp`, path);
    } catch (error) {
      // The next try makes a file of its own.
      await rm(`${path}.tmp`, { force: true });
      throw error;
    }
  };
}

// A silent server must not keep the job runner from its other work.
const patience = { connectionTimeout: 5000, greetingTimeout: 5000, socketTimeout: 10_000 };

/** In production mails leave this machine encrypted or not at all; certificates are verified in any case. */
function secured(text: string, production: boolean): string {
  const url = new URL(text);
  if (production && url.protocol === "smtp:" && !isLoopback(url.hostname)) {
    url.searchParams.delete("ignoreTLS");
    url.searchParams.set("requireTLS", "true");
  }
  return url.href;
}

function smtpTransport(smtpUrl: string, { mailFrom: from, production }: Config) {
  const transport = createTransport({ url: secured(smtpUrl, production), ...patience });
  return async (message: Mail) => {
    await transport.sendMail({ ...message, from, textEncoding: "quoted-printable" });
  };
}

/** Mails go out of a queue, by SMTP when configured and else as files in `DATA_DIR/outbox`. */
export function createMailer(jobs: Jobs, config: Config): Mailer {
  const deliver = config.smtpUrl
    ? smtpTransport(config.smtpUrl, config)
    : outboxTransport(join(config.dataDir, "outbox"), config.mailFrom);
  jobs.define(queue, async (payload) => deliver(mail.parse(payload)));
  return { send: (tx, message) => jobs.enqueue(tx, queue, message), sendNow: deliver };
}
