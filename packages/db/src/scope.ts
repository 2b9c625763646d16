import { AsyncLocalStorage } from "node:async_hooks";
import type postgres from "postgres";
import { isDatabaseUnavailable } from "./unavailable.ts";

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
    const begun = connection.unsafe("begin read only");
    const scoped = connection.unsafe(setScopeSql, scopeParameters(scope), { prepare: true });
    const query = connection.unsafe(text, parameters, { prepare: true });
    const answer = arrays ? query.values() : query;
    const ended = connection.unsafe("commit");
    const settled = await Promise.allSettled([begun, scoped, answer, ended]);
    const lost = settled.some(
      (one) => one.status === "rejected" && isDatabaseUnavailable(one.reason),
    );
    // postgres.js has taken a lost connection back itself; released, it would be used as if it were open.
    if (!lost) connection.release();
    const [, , result] = settled;
    if (result.status === "rejected") throw result.reason;
    return result.value;
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
