import { getTableColumns, getTableName } from "drizzle-orm";
import type { PgColumn, PgTable } from "drizzle-orm/pg-core";
import type { CopyRows } from "./copy-rows.ts";
import { holdIn, type Tx } from "./transactions.ts";

type Row<T extends PgTable, Filled extends keyof T["$inferSelect"]> = Omit<
  T["$inferSelect"],
  Filled
>;

const toParameters = (columns: [string, PgColumn][], row: Record<string, unknown>) =>
  columns.map(([name, column]) => (row[name] === null ? null : column.mapToDriverValue(row[name])));

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What writes a value in binary form, by the type of its column. */
const writers: Record<string, (message: CopyRows, value: never) => void> = {
  uuid(message, value: string) {
    if (!uuid.test(value)) throw new Error("an id of a row is no UUID");
    message.uuid(value.toLowerCase());
  },
  text: (message, value: string) => message.text(value),
  jsonb: (message, value: unknown) => message.jsonb(JSON.stringify(value)),
  bytea: (message, value: Uint8Array) => message.bytea(value),
  "timestamp (3) with time zone"(message, value: Date) {
    const at = value.getTime();
    if (Number.isNaN(at)) throw new RangeError("a time of a row is none");
    message.time(at);
  },
};

function writerOf([name, column]: [string, PgColumn]) {
  const write = writers[column.getSQLType()];
  if (!write) throw new Error(`there is no binary form of ${name}`);
  return { name, write };
}

/**
 * Makes the insertion of one row with a value for every column but those that PostgreSQL fills in.
 * Its text is built once: to have Drizzle build it takes longer than to run it. The row goes out with
 * the end of its transaction, in one message with `commit`, unless a statement comes behind it that does
 * not (docs/adr/0041-the-entry-goes-out-with-commit.md). It is not waited for; where it fails, so do all
 * later statements and the transaction, with its error.
 */
export function closingInsertion<T extends PgTable, Filled extends keyof T["$inferSelect"] = never>(
  table: T,
  ...filled: Filled[]
) {
  const all = Object.entries(getTableColumns(table) as Record<string, PgColumn>);
  const columns = all.filter(([name]) => !filled.some((one) => one === name));
  const names = columns.map(([, { name }]) => `"${name}"`);
  const places = columns.map((_, at) => `$${at + 1}`);
  const text = `insert into "${getTableName(table)}" (${names}) values (${places})`;
  const written = columns.map(writerOf);
  return async (tx: Tx, row: Row<T, Filled>): Promise<void> => {
    const values = row as Record<string, unknown>;
    holdIn(tx, {
      text,
      given: written.map(({ name }) => values[name]),
      parameters: () => toParameters(columns, row),
      write(message) {
        for (const { name, write } of written) {
          if (values[name] === null) message.null();
          else write(message, values[name] as never);
        }
      },
    });
  };
}
