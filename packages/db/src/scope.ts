import { AsyncLocalStorage } from "node:async_hooks";
import type postgres from "postgres";
import type { ExclusivePool } from "./exclusive-pool.ts";

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

type Parameters = postgres.ParameterOrJSON<never>[];

/** Sends all at once what one connection does one after another. @throws whatever failed first */
async function pipeline(
  { sql }: { sql: postgres.Sql },
  scope: Scope,
  text: string,
  parameters: Parameters,
  arrays: boolean,
) {
  const begun = sql.unsafe("begin read only");
  const scoped = sql.unsafe(setScopeSql, scopeParameters(scope), { prepare: true });
  const query = sql.unsafe(text, parameters, { prepare: true });
  const answer = arrays ? query.values() : query;
  const ended = sql.unsafe("commit");
  const settled = await Promise.allSettled([begun, scoped, answer, ended]);
  const failed = settled.find((one) => one.status === "rejected");
  if (failed) throw failed.reason;
  const [, , result] = settled;
  if (result.status === "rejected") throw result.reason;
  return result.value;
}

/**
 * The part of a postgres.js client that Drizzle uses for single statements. Each becomes a read-only
 * transaction of its own under the scope, sent as one pipelined write: one round trip, like a bare statement.
 */
export function scopedClient(pool: ExclusivePool<{ sql: postgres.Sql }>) {
  const run = (text: string, parameters: Parameters, arrays: boolean) => {
    const scope = current.getStore() ?? {};
    return pool.use((connection) => pipeline(connection, scope, text, parameters, arrays));
  };
  return {
    // Drizzle puts its parsers here; each connection of the pool has got them too.
    options: { parsers: {}, serializers: {} },
    unsafe(text: string, parameters: Parameters = []) {
      return {
        values: () => run(text, parameters, true),
        // biome-ignore lint/suspicious/noThenProperty: Drizzle awaits the query itself where it needs no rows as arrays
        then: (resolve: (rows: unknown) => void, reject: (error: unknown) => void) =>
          run(text, parameters, false).then(resolve, reject),
      };
    },
  };
}
