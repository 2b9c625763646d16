import type { Socket } from "node:net";
import type { ConnectionFacts } from "./connection.ts";
import { CopyRows } from "./copy-rows.ts";
import { createExclusivePool } from "./exclusive-pool.ts";
import { MessageConnection, type MessageOptions } from "./message-connection.ts";

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

/** The driver would wait for PostgreSQL between a `COPY` and its rows, five times in what is one message here. */
class BulkConnection {
  readonly #connection: MessageConnection;
  /** What each socket was given to prepare. */
  readonly #prepared = new WeakMap<Socket, Set<string>>();
  #message = new CopyRows();

  constructor(facts: ConnectionFacts, options: MessageOptions) {
    this.#connection = new MessageConnection(facts, options);
  }

  async send({ prepare, statements, copies }: BulkMessage): Promise<void> {
    const socket = await this.#connection.socket();
    const prepared = this.#prepared.get(socket) ?? new Set();
    this.#prepared.set(socket, prepared);
    if (!prepared.has(prepare)) {
      await this.#exchange(socket, prepare, []);
      prepared.add(prepare);
    }
    await this.#exchange(socket, statements, copies);
  }

  end(): Promise<void> {
    return this.#connection.end();
  }

  async #exchange(
    socket: Socket,
    statements: string,
    copies: BulkMessage["copies"],
  ): Promise<void> {
    const message = this.#message;
    message.begin(statements);
    for (const write of copies) message.copy(write);
    try {
      await this.#connection.exchange(socket, message.bytes(), 1);
    } catch (error) {
      // The rest of what was refused may still be on its way out of these bytes.
      this.#message = new CopyRows();
      throw error;
    }
  }
}

/** Opens nothing before the first message. A connection that was lost is opened anew. */
export function createBulk(facts: ConnectionFacts, size: number, options: MessageOptions): Bulk {
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
