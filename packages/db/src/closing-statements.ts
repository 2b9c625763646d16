import { fillPlaceholders, type Query } from "drizzle-orm";
import { holdIn, type Tx } from "./transactions.ts";

/**
 * Makes of a statement of `build` (`prepared.ts`) one that goes out with the end of its transaction, like
 * `closingInsertion`, whose values are texts. Its rows are left: what it may have to refuse, it refuses by
 * an error (`require_that`, code `MU001`), which fails the transaction.
 */
export function closingStatement(statement: { toSQL(): Query }) {
  const { sql: text, params } = statement.toSQL();
  return (tx: Tx, values: Record<string, unknown>): void => {
    const given = fillPlaceholders(params, values);
    const isText = (value: unknown) => value === null || typeof value === "string";
    if (!given.every(isText)) throw new Error("a closing statement takes texts");
    holdIn(tx, {
      text,
      given,
      asTexts: true,
      parameters: () => given,
      write(message) {
        for (const value of given) {
          if (value === null) message.null();
          else message.text(value as string);
        }
      },
    });
  };
}
