import type { Socket } from "node:net";
import { type ConnectionFacts, connect } from "./connection.ts";
import { CopyRows } from "./copy-rows.ts";
import { openDriverSocket } from "./database-socket.ts";
import { createExclusivePool } from "./exclusive-pool.ts";

export type BulkMessage = {
  /** `prepare … as …`; each connection runs it once, so that `statements` may execute it. */
  prepare: string;
  /** One transaction, divided by semicolons, without `begin` and `commit`. */
  statements: string;
  /** The rows of each `COPY … FROM STDIN (FORMAT binary)` among the statements. */
  copies: readonly ((rows: CopyRows) => void)[];
};

/** Writes much at once: statements and the rows of several COPYs go out together and get one answer. */
export type Bulk = {
  /** Resolves when it is committed. @throws Error with the code of what PostgreSQL refused; nothing is stored then */
  send(message: BulkMessage): Promise<void>;
  close(): Promise<void>;
};

type Options = {
  applicationName: string;
  parameters: Record<string, string>;
  /** After it a database that says nothing counts as lost; longer than any statement may take there. */
  answerMilliseconds?: number;
};

const defaultAnswerMilliseconds = 60_000;

const terminate = Buffer.from([0x58, 0, 0, 0, 4]);
const endMilliseconds = 2000;
const none = Buffer.alloc(0);
/** Kinds of messages (PostgreSQL's manual, "Message Formats"): ErrorResponse, ReadyForQuery. */
const [refused, ready] = [0x45, 0x5a];

/** What an ErrorResponse says: fields of a letter and a text that ends in zero. */
function toError(fields: string): Error {
  const said = new Map(fields.split("\0").map((field) => [field.charAt(0), field.slice(1)]));
  return Object.assign(new Error(said.get("M")), { code: said.get("C") });
}

const lost = (code: string, message: string) => Object.assign(new Error(message), { code });
const closed = () => lost("CONNECTION_CLOSED", "The connection was closed.");

/**
 * A connection that the driver has signed in and left to us: it would wait for PostgreSQL between a
 * `COPY` and its rows, five times in what is one message here.
 */
class BulkConnection {
  readonly #facts: ConnectionFacts;
  readonly #options: Options;
  #socket: Promise<Socket> | undefined;
  #prepared = new Set<string>();
  #message = new CopyRows();
  #rest: Buffer = none;
  #error: Error | undefined;
  #settle: ((error: Error | undefined) => void) | undefined;

  constructor(facts: ConnectionFacts, options: Options) {
    this.#facts = facts;
    this.#options = options;
  }

  async send({ prepare, statements, copies }: BulkMessage): Promise<void> {
    this.#socket ??= this.#open();
    const socket = await this.#socket;
    if (!this.#prepared.has(prepare)) {
      await this.#exchange(socket, prepare, []);
      this.#prepared.add(prepare);
    }
    await this.#exchange(socket, statements, copies);
  }

  async end(): Promise<void> {
    const socket = await this.#socket?.catch(() => undefined);
    if (!socket || socket.destroyed) return;
    await new Promise<void>((resolve) => {
      setTimeout(() => socket.destroy(), endMilliseconds).unref();
      socket.once("close", () => resolve());
      socket.end(terminate);
    });
  }

  async #open(): Promise<Socket> {
    let opened: Socket | undefined;
    const open = async () => {
      opened = await openDriverSocket(this.#facts);
      return opened;
    };
    const { applicationName, parameters } = this.#options;
    const driver = connect(this.#facts, {
      applicationName,
      parameters,
      max: 1,
      fetchTypes: false,
      socket: open,
    });
    try {
      await driver`select 1`;
      if (!opened) throw new Error("The driver opened no socket.");
    } catch (error) {
      this.#socket = undefined;
      void driver.end({ timeout: 0 });
      throw error;
    }
    opened.removeAllListeners();
    opened.on("data", (chunk: Buffer) => this.#take(chunk));
    opened.on("error", (error) => {
      this.#error ??= error;
    });
    opened.once("close", () => {
      this.#socket = undefined;
      this.#prepared = new Set();
      this.#rest = none;
      this.#done(this.#error ?? closed());
    });
    return opened;
  }

  #exchange(socket: Socket, statements: string, copies: BulkMessage["copies"]): Promise<void> {
    if (socket.destroyed) return Promise.reject(closed());
    const message = this.#message;
    message.begin(statements);
    for (const write of copies) message.copy(write);
    const { answerMilliseconds = defaultAnswerMilliseconds } = this.#options;
    return new Promise((resolve, reject) => {
      const late = setTimeout(
        () => socket.destroy(lost("ETIMEDOUT", "The database does not answer.")),
        answerMilliseconds,
      );
      this.#settle = (error) => {
        clearTimeout(late);
        if (error) reject(error);
        else resolve();
      };
      socket.write(message.bytes());
    });
  }

  #take(chunk: Buffer): void {
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    let at = 0;
    while (bytes.length - at >= 5) {
      const end = at + 1 + bytes.readInt32BE(at + 1);
      if (end > bytes.length) break;
      if (bytes[at] === refused) this.#error ??= toError(bytes.toString("utf8", at + 5, end));
      else if (bytes[at] === ready) this.#done(this.#error);
      at = end;
    }
    this.#rest = at === bytes.length ? none : bytes.subarray(at);
  }

  #done(error: Error | undefined): void {
    const settle = this.#settle;
    this.#settle = undefined;
    this.#error = undefined;
    // The rest of what was refused may still be on its way out of these bytes.
    if (error) this.#message = new CopyRows();
    settle?.(error);
  }
}

/** Opens nothing before the first message. A connection that was lost is opened anew. */
export function createBulk(facts: ConnectionFacts, size: number, options: Options): Bulk {
  const pool = createExclusivePool(
    size,
    () => new BulkConnection(facts, options),
    (connection) => connection.end(),
  );
  return {
    send: (message) => pool.use((connection) => connection.send(message)),
    close: pool.close,
  };
}
