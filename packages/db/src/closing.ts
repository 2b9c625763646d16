import type { Socket } from "node:net";
import { CopyRows } from "./copy-rows.ts";
import { Incoming } from "./message-connection.ts";

/** A statement whose text is known when a module is loaded, and the values of one run of it. */
export type LastStatement = {
  text: string;
  /** None of them undefined. */
  given: readonly unknown[];
  /** Adds each value, in binary form unless `asTexts`. */
  write(message: CopyRows): void;
  asTexts?: boolean;
};

const commit: LastStatement = { text: "commit", given: [], write: () => {} };
const firstBytes = 4096;

/**
 * Ends transactions with statements and `commit` in one message, over the socket of a driver that waits
 * for no answer: the driver would send them one by one, each with an answer of its own. PostgreSQL leaves
 * out what stands behind a statement that fails.
 */
export class Closing {
  #socket: Socket | undefined;
  #wire: Wire | undefined;
  /** Names by text, of what was sent to be prepared over this socket. */
  #names = new Map<string, string>();
  #message = new CopyRows(firstBytes);

  get isOpen(): boolean {
    return this.#socket?.writable === true;
  }

  /** From now on the driver uses this socket, to which nothing was sent yet. */
  use(socket: Socket): Socket {
    this.#socket = socket;
    this.#wire = undefined;
    this.#names = new Map();
    return socket;
  }

  /**
   * Sends statements with `commit`, and in front of them the `beginning` where the transaction has not
   * begun. Resolves when it is committed; never where the connection is lost, which the driver tells.
   * @throws Error with the code of what PostgreSQL refused; nothing is stored then
   */
  async send(beginning: readonly string[], last: readonly LastStatement[]): Promise<void> {
    const socket = this.#socket;
    if (!socket) throw new Error("the driver has opened no socket");
    const message = this.#message;
    try {
      message.clear();
      for (const text of beginning) message.executeText(text);
      for (const one of [...last, commit]) {
        message.execute(this.#nameOf(one), one.given.length, one.write, one.asTexts);
      }
      message.sync();
      this.#wire ??= new Wire(socket);
      await this.#wire.exchange(message.bytes());
    } catch (error) {
      // What was to be prepared may not be, and what was may be gone.
      this.#names = new Map();
      throw error;
    }
  }

  #nameOf({ text }: LastStatement): string {
    const known = this.#names.get(text);
    if (known) return known;
    // The names are few and come again, so that nothing piles up on a connection where many fail.
    const name = `closing_${this.#names.size}`;
    this.#message.prepare(name, text);
    this.#names.set(text, name);
    return name;
  }
}

/** A socket of a driver, which gets what comes there but for the answers to what others send meanwhile. */
class Wire {
  readonly #socket: Socket;
  #take: ((chunk: Buffer) => void) | undefined;

  /** To be made when the driver listens already. */
  constructor(socket: Socket) {
    this.#socket = socket;
    const drivers = socket.rawListeners("data") as ((chunk: Buffer) => void)[];
    socket.removeAllListeners("data");
    socket.on("data", (chunk: Buffer) => {
      if (this.#take) this.#take(chunk);
      // A driver that has said good-bye listens no more.
      else if (!socket.writableEnded) for (const driver of drivers) driver.call(socket, chunk);
    });
  }

  /**
   * Sends messages and takes what comes in place of the driver, until PostgreSQL is ready and has told of
   * a commit. Of what is anything else, nothing is believed: the connection is ended.
   */
  exchange(messages: Buffer): Promise<void> {
    const socket = this.#socket;
    const incoming = new Incoming(1);
    return new Promise((resolve, reject) => {
      this.#take = (chunk) => {
        try {
          incoming.add(chunk);
        } catch (error) {
          socket.destroy(error as Error);
          return;
        }
        if (!incoming.isWhole) return;
        if (!incoming.error && incoming.command !== "COMMIT") {
          socket.destroy();
          return;
        }
        // The driver would take the rest for the beginning of a message.
        if (incoming.hasRest) socket.destroy();
        this.#take = undefined;
        if (incoming.error) reject(incoming.error);
        else resolve();
      };
      // With what else is written in this turn, as the driver does (docs/adr/0040): a write in the middle of
      // the work for other calls takes three times as long.
      setImmediate(() => socket.write(messages));
    });
  }
}
