import type { SQL } from "drizzle-orm";
import { PgDialect } from "drizzle-orm/pg-core";
import type { ConnectionFacts } from "./connection.ts";
import { createExclusivePool } from "./exclusive-pool.ts";
import {
  type Answer,
  MessageConnection,
  type MessageOptions,
  messageKinds,
} from "./message-connection.ts";
import { refuseUnsendable, type Scope, setScopeSql } from "./scope.ts";

export type RowReader = {
  /**
   * Runs a statement as a read-only transaction of its own under the scope. Its rows come as messages of
   * the kind `dataRow`, their values in binary form, and others in front of and behind them. An answer
   * that becomes longer than `mostBytes` is broken off; at least a row has come then.
   */
  read(scope: Scope, statement: SQL, mostBytes: number): Promise<Answer>;
  close(): Promise<void>;
};

const dialect = new PgDialect();

const int16 = (value: number) => Buffer.from([value >> 8, value]);
const int32 = (value: number) => Buffer.from([value >> 24, value >> 16, value >> 8, value]);
const text = (value: string) => Buffer.from(`${value}\0`);
const unnamed = text("");
const [asText, asBinary] = [0, 1];
const allRows = 0;

function message(kind: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([kind]), int32(body.length + 4), body]);
}

function parameter(value: unknown): Buffer {
  if (value === null) return int32(-1);
  if (typeof value !== "string" && typeof value !== "number") {
    throw new Error("a parameter of such a statement is a text or a number");
  }
  const bytes = Buffer.from(String(value));
  return Buffer.concat([int32(bytes.length), bytes]);
}

/** So often is PostgreSQL ready after the messages of `toMessages`. */
const dueOfRead = 3;

/** A statement as the driver would send it, but that its rows come in binary form. */
function toMessages(scope: Scope, statement: SQL): Buffer {
  const { sql, params } = dialect.sqlToQuery(statement);
  refuseUnsendable(params);
  const { bind, execute, parse, query, sync } = messageKinds;
  return Buffer.concat([
    message(query, text(`begin read only; ${setScopeSql(scope)}`)),
    message(parse, unnamed, text(sql), int16(0)),
    message(
      bind,
      unnamed,
      unnamed,
      int16(1),
      int16(asText),
      int16(params.length),
      ...params.map(parameter),
      int16(1),
      int16(asBinary),
    ),
    message(execute, unnamed, int32(allRows)),
    message(sync),
    message(query, text("commit")),
  ]);
}

/** Opens nothing before the first statement. */
export function createRowReader(
  facts: ConnectionFacts,
  size: number,
  options: MessageOptions,
): RowReader {
  const pool = createExclusivePool(
    size,
    () => new MessageConnection(facts, options),
    (connection) => connection.end(),
  );
  return {
    async read(scope, statement, mostBytes) {
      const messages = toMessages(scope, statement);
      return pool.use(async (connection) =>
        connection.exchange(await connection.socket(), messages, dueOfRead, mostBytes),
      );
    },
    close: pool.close,
  };
}
