import type { Socket } from "node:net";
import { type ConnectionFacts, connect } from "./connection.ts";
import { openDriverSocket } from "./database-socket.ts";

export type MessageOptions = {
  applicationName: string;
  parameters: Record<string, string>;
  /** After it a database that says nothing counts as lost; longer than any statement may take there. */
  answerMilliseconds?: number;
};

/** Whole messages as PostgreSQL sent them; not all of them where they became too many. */
export type Answer = { messages: Buffer; isWhole: boolean };

const defaultAnswerMilliseconds = 60_000;
const terminate = Buffer.from([0x58, 0, 0, 0, 4]);
const endMilliseconds = 2000;
/** What Node.js reads from a socket at once, at most. */
const readBytes = 65_536;

/** Kinds of messages (PostgreSQL's manual, "Message Formats"). */
export const messageKinds = {
  bind: 0x42,
  complete: 0x43,
  dataRow: 0x44,
  error: 0x45,
  execute: 0x45,
  parse: 0x50,
  query: 0x51,
  ready: 0x5a,
  sync: 0x53,
} as const;

/** What an ErrorResponse says: fields of a letter and a text that ends in zero. */
function toError(fields: string): Error {
  const said = new Map(fields.split("\0").map((field) => [field.charAt(0), field.slice(1)]));
  return Object.assign(new Error(said.get("M")), { code: said.get("C") });
}

const nothing: Buffer = Buffer.alloc(0);
const lost = (code: string, message: string) => Object.assign(new Error(message), { code });
const closed = () => lost("CONNECTION_CLOSED", "The connection was closed.");

/** What has come so far in answer to what was sent. */
export class Incoming {
  readonly #mostBytes: number;
  #bytes: Buffer = nothing;
  #length = 0;
  /** Where the first message begins that is not whole. */
  #at = 0;
  /** Where the last message begins that tells of a statement that is done. */
  #completeAt: number | undefined;
  #rows = 0;
  /** How many times PostgreSQL has still to say that it is ready. */
  #due: number;
  error: Error | undefined;

  constructor(due: number, mostBytes = Number.POSITIVE_INFINITY) {
    this.#due = due;
    this.#mostBytes = mostBytes;
  }

  /** @throws Error for what cannot be a message */
  add(chunk: Buffer): void {
    const length = this.#length + chunk.length;
    if (this.#length === 0) this.#bytes = chunk;
    else {
      if (length > this.#bytes.length) this.#grow(length);
      chunk.copy(this.#bytes, this.#length);
    }
    this.#length = length;
    const bytes = this.#bytes;
    while (length - this.#at >= 5) {
      const messageLength = bytes.readInt32BE(this.#at + 1);
      if (messageLength < 4) throw lost("EPROTO", "The database sends what is no message.");
      const end = this.#at + 1 + messageLength;
      if (end > length) break;
      const kind = bytes[this.#at];
      if (kind === messageKinds.dataRow) this.#rows += 1;
      else if (kind === messageKinds.ready) this.#due -= 1;
      else if (kind === messageKinds.complete) this.#completeAt = this.#at;
      else if (kind === messageKinds.error) {
        this.error ??= toError(bytes.toString("utf8", this.#at + 5, end));
      }
      this.#at = end;
    }
  }

  #grow(length: number): void {
    // No more than is broken off at, as mostly is enough: whoever reads slowly holds it for long.
    const [twice, most] = [2 * this.#bytes.length, this.#mostBytes + readBytes];
    const enough = length > most ? twice : Math.min(twice, most);
    const grown = Buffer.allocUnsafe(Math.max(enough, length));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }

  get isWhole(): boolean {
    return this.#due <= 0;
  }

  /** What the last statement that is done was, as PostgreSQL names it. */
  get command(): string | undefined {
    if (this.#completeAt === undefined) return undefined;
    const from = this.#completeAt + 5;
    return this.#bytes.toString("latin1", from, this.#bytes.indexOf(0, from));
  }

  /** Whether a message has begun that is not whole. */
  get hasRest(): boolean {
    return this.#at < this.#length;
  }

  /** At least a row has come, so that whoever goes on behind it comes to an end. */
  get isTooLong(): boolean {
    return this.#length > this.#mostBytes && this.#rows > 0;
  }

  answer(): Answer {
    return { messages: this.#bytes.subarray(0, this.#at), isWhole: this.isWhole };
  }
}

/**
 * A connection that the driver has signed in and left to us, for messages that the driver does not
 * send or does not take as they are.
 */
export class MessageConnection {
  readonly #facts: ConnectionFacts;
  readonly #options: MessageOptions;
  #socket: Promise<Socket> | undefined;
  #incoming: Incoming | undefined;
  #settle: (error?: Error) => void = () => {};

  constructor(facts: ConnectionFacts, options: MessageOptions) {
    this.#facts = facts;
    this.#options = options;
  }

  /** Over what the next messages go: opened when it is first asked for, and anew when it was lost. */
  socket(): Promise<Socket> {
    this.#socket ??= this.#open();
    return this.#socket;
  }

  /**
   * Sends messages, which nobody may change before the answer, and takes what comes until PostgreSQL was
   * ready so many times. An answer beyond `mostBytes` is broken off with the connection.
   * @throws Error with the code of what PostgreSQL refused; nothing is under way then
   */
  async exchange(
    socket: Socket,
    messages: Buffer,
    due: number,
    mostBytes?: number,
  ): Promise<Answer> {
    if (!socket.writable) throw closed();
    const { answerMilliseconds = defaultAnswerMilliseconds } = this.#options;
    const incoming = new Incoming(due, mostBytes);
    this.#incoming = incoming;
    const late = setTimeout(
      () => socket.destroy(lost("ETIMEDOUT", "The database does not answer.")),
      answerMilliseconds,
    );
    try {
      await new Promise<void>((resolve, reject) => {
        this.#settle = (error) => (error ? reject(error) : resolve());
        socket.write(messages);
      });
    } finally {
      clearTimeout(late);
      this.#incoming = undefined;
    }
    return incoming.answer();
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
    this.#take(opened);
    return opened;
  }

  #take(socket: Socket): void {
    let error: Error | undefined;
    const leave = () => {
      this.#socket = undefined;
      socket.off("data", add).off("close", close);
    };
    const add = (chunk: Buffer) => {
      const incoming = this.#incoming;
      try {
        incoming?.add(chunk);
      } catch (cause) {
        return socket.destroy(cause as Error);
      }
      if (incoming && !incoming.isWhole && !incoming.isTooLong) return;
      // Of what is too much or was not asked for, the rest would be taken for the beginning of an answer.
      if (!incoming?.isWhole || incoming.hasRest) {
        leave();
        socket.destroy();
      }
      this.#settle(incoming?.error);
    };
    const close = () => {
      leave();
      this.#settle(this.#incoming?.error ?? error ?? closed());
    };
    socket.removeAllListeners();
    socket.on("data", add);
    socket.on("error", (cause) => {
      error ??= cause;
    });
    socket.once("close", close);
  }
}
