import type { PgTable } from "drizzle-orm/pg-core";
import type { Retention } from "./retention.ts";

/** What a column is for; `withheld` where an export of one's own data leaves it out, and why. */
export type Purpose = string | { purpose: string; withheld: string };

type ColumnsOf<T extends PgTable> = keyof T["_"]["columns"] & string;

/** The record of processing of a table (Article 30 GDPR). */
export type Declaration = {
  table: PgTable;
  /** Why the table is there. */
  purpose: string;
  /** For the operator to confirm: which ground of Article 6 it rests on. */
  basis: string;
  kept: Retention;
  /** The column that says whose a row is; null where rows are nobody's, or an export handles it by itself. */
  owner: string | null;
  columns: Record<string, Purpose>;
};

/** A declaration that names every column of its table, and no other: else it does not compile. */
export function declare<T extends PgTable>(
  table: T,
  facts: Omit<Declaration, "table" | "columns" | "owner"> & {
    owner: ColumnsOf<T> | null;
    columns: Record<ColumnsOf<T>, Purpose>;
  },
): Declaration {
  return { table, ...facts };
}

/** A column that would help whoever stole an export, and nobody else. */
export const secret = (purpose: string): Purpose => ({
  purpose,
  withheld: "a secret, or a hash of one: of use only to a thief",
});

/** A column of the machine's own. */
export const internal = (purpose: string): Purpose => ({
  purpose,
  withheld: "says nothing about a person",
});
