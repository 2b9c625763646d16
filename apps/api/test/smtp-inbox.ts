import { once } from "node:events";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";

export type SmtpInbox = {
  port: number;
  /** What was taken, oldest first. */
  received: { from: string; to: string[]; raw: string; user: string | undefined }[];
  close(): Promise<void>;
};

/** A real SMTP server that keeps what it takes; who signs in does so as `muniment` with `right`. */
export async function startSmtpInbox(options: Partial<SMTPServerOptions> = {}): Promise<SmtpInbox> {
  const received: SmtpInbox["received"] = [];
  const server = new SMTPServer({
    authOptional: true,
    // It would wait for a name server, which the machine may not have.
    disableReverseLookup: true,
    disabledCommands: ["STARTTLS"],
    onAuth: ({ username, password }, _session, done) =>
      username === "muniment" && password === "right"
        ? done(null, { user: username })
        : done(new Error("Invalid username or password")),
    onData(stream, session, done) {
      const parts: Buffer[] = [];
      stream.on("data", (part: Buffer) => parts.push(part));
      stream.on("end", () => {
        const { mailFrom, rcptTo } = session.envelope;
        received.push({
          from: mailFrom ? mailFrom.address : "",
          to: rcptTo.map(({ address }) => address),
          raw: Buffer.concat(parts).toString("utf8"),
          user: session.user,
        });
        done();
      });
    },
    ...options,
  });
  server.on("error", () => {});
  server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  const address = server.server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    port: address.port,
    received,
    close: () => new Promise<void>((resolve) => server.close(resolve)),
  };
}
