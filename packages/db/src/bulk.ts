import type { Socket } from "node:net";
import type { ConnectionFacts } from "./connection.ts";
import { CopyRows } from "./copy-rows.ts";
import { createExclusivePool } from "./exclusive-pool.ts";
import { MessageConnection, type MessageOptions } from "./message-connection.ts";

/** A `COPY … FROM STDIN (FORMAT binary)` and what writes its rows. */
export type Copy = { statement: string; write: (rows: CopyRows) => void };

/** One transaction. */
export type BulkMessage = {
  copies: readonly Copy[];
  /** What runs behind the copies; each connection prepares it once. */
  statement: string;
  /** Each writes one of its values. */
  values: readonly ((rows: CopyRows) => void)[];
};

/** Writes much at once: the rows of several COPYs and a statement go out together and get one answer. */
export type Bulk = {
  /** Resolves when it is committed. @throws Error with the code of what PostgreSQL refused; nothing is stored then */
  send(message: BulkMessage): Promise<void>;
  close(): Promise<void>;
};

/** The driver would wait for PostgreSQL between a `COPY` and its rows, at each of what is one message here. */
class BulkConnection {
  readonly #connection: MessageConnection;
  /** What each socket was given to prepare. */
  readonly #prepared = new WeakMap<Socket, Map<string, string>>();
  /** Free again with each answer, which PostgreSQL gives when it has read all, refused or not. */
  readonly #message = new CopyRows();

  constructor(facts: ConnectionFacts, options: MessageOptions) {
    this.#connection = new MessageConnection(facts, options);
  }

  async send({ copies, statement, values }: BulkMessage): Promise<void> {
    const socket = await this.#connection.socket();
    const name = await this.#nameOf(socket, statement);
    await this.#exchange(socket, (message) => {
      for (const { statement, write } of copies) message.copy(statement, write);
      message.execute(name, values.length, (rows) => {
        for (const write of values) write(rows);
      });
    });
  }

  end(): Promise<void> {
    return this.#connection.end();
  }

  async #nameOf(socket: Socket, statement: string): Promise<string> {
    const names = this.#prepared.get(socket) ?? new Map<string, string>();
    this.#prepared.set(socket, names);
    const known = names.get(statement);
    if (known !== undefined) return known;
    const name = `bulk_${names.size}`;
    await this.#exchange(socket, (message) => message.prepare(name, statement));
    names.set(statement, name);
    return name;
  }

  async #exchange(socket: Socket, write: (message: CopyRows) => void): Promise<void> {
    const message = this.#message;
    message.clear();
    write(message);
    // Behind the end of the last COPY: one that still reads would take it for nothing.
    message.sync();
    await this.#connection.exchange(socket, message.bytes(), 1);
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
