import { AsyncLocalStorage } from "node:async_hooks";
import type postgres from "postgres";

/**
 * Whose rows a statement may touch. The policies of the database compare with it, so without a
 * scope no row of any user is visible (`packages/db/test/isolation.test.ts`).
 */
export type Scope = {
  /** The owner of the rows. */
  userId?: string;
  /** Hex of a presented secret's hash: makes just the session or key of that secret visible. */
  credential?: string;
};

/** One statement that binds the scope to the running transaction; ends with it. */
export const setScopeSql =
  "select set_config('muniment.user_id', $1, true), set_config('muniment.credential', $2, true)";

export const scopeParameters = (scope: Scope) => [scope.userId ?? "", scope.credential ?? ""];

const current = new AsyncLocalStorage<Scope>();

/** Runs `read` so that each of its statements through `scopedClient` sees only the scope's rows. */
export function withScope<T>(scope: Scope, read: () => PromiseLike<T>): Promise<T> {
  // A Drizzle query runs when it is awaited, so that must happen inside.
  return current.run(scope, async () => await read());
}

/**
 * The part of a postgres.js client that Drizzle uses for single statements. Each becomes a read-only
 * transaction of its own under the scope, sent as one pipelined write: one round trip, like a bare statement.
 */
export function scopedClient(pool: postgres.Sql) {
  async function run(text: string, parameters: postgres.ParameterOrJSON<never>[], arrays: boolean) {
    const scope = current.getStore() ?? {};
    const connection = await pool.reserve();
    try {
      const begun = connection.unsafe("begin read only");
      const scoped = connection.unsafe(setScopeSql, scopeParameters(scope), { prepare: true });
      const query = connection.unsafe(text, parameters, { prepare: true });
      const answer = arrays ? query.values() : query;
      const ended = connection.unsafe("commit");
      const [, , result] = await Promise.allSettled([begun, scoped, answer, ended]);
      if (result.status === "rejected") throw result.reason;
      return result.value;
    } finally {
      connection.release();
    }
  }
  return {
    options: pool.options,
    unsafe(text: string, parameters: postgres.ParameterOrJSON<never>[] = []) {
      return {
        values: () => run(text, parameters, true),
        // biome-ignore lint/suspicious/noThenProperty: Drizzle awaits the query itself where it needs no rows as arrays
        then: (resolve: (rows: unknown) => void, reject: (error: unknown) => void) =>
          run(text, parameters, false).then(resolve, reject),
      };
    },
  };
}
