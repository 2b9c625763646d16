import { type ScopedRun, setScopeSql } from "./scope.ts";

/**
 * Runs a statement as a read-only transaction of its own under the scope, and answers its first row as
 * PostgreSQL has it in binary form: a cursor gives that, whatever the driver asks for.
 */
export const readBytes: ScopedRun = async ({ sql }, scope, text, parameters) => {
  const all = [
    sql.unsafe(`begin read only; ${setScopeSql(scope)}`),
    sql.unsafe(`declare answer binary no scroll cursor for ${text}`, parameters),
    sql.unsafe("fetch 1 from answer").raw(),
    sql.unsafe("commit"),
  ] as const;
  try {
    // Sent at once and in this order, because a query is sent when it is first waited for.
    const [, , rows] = await Promise.all(all.map((query) => query.execute()));
    return rows;
  } catch (error) {
    // The connection is given back only when nothing of this is under way on it.
    await Promise.allSettled(all);
    throw error;
  }
};
