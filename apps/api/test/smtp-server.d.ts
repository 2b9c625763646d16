declare module "smtp-server" {
  import type { EventEmitter } from "node:events";
  import type { Server } from "node:net";
  import type { Readable } from "node:stream";

  type Address = { address: string };
  export type Session = {
    envelope: { mailFrom: Address | false; rcptTo: Address[] };
    user?: string;
  };
  type Done = (error?: Error | null) => void;

  /** The options that the tests use; the package brings no types. */
  export type SMTPServerOptions = {
    authOptional: boolean;
    disableReverseLookup: boolean;
    disabledCommands: string[];
    onAuth(
      credentials: { username: string; password: string },
      session: Session,
      done: (error: Error | null, user?: { user: string }) => void,
    ): void;
    onRcptTo(address: Address, session: Session, done: Done): void;
    onData(stream: Readable, session: Session, done: Done): void;
  };

  export class SMTPServer extends EventEmitter {
    constructor(options: Partial<SMTPServerOptions>);
    server: Server;
    listen(port: number, host: string): void;
    close(done: () => void): void;
  }
}
