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

/** Ids and hex, so that a value can stand in a statement's text. @throws Error for anything else */
function literal(value = ""): string {
  if (/^[0-9a-f-]*$/.test(value)) return `'${value}'`;
  throw new Error("a scope holds an id or a hash in hex");
}

/** Binds the scope to the running transaction; ends with it. */
export const setScopeSql = ({ userId, credential }: Scope) =>
  `set local muniment.user_id = ${literal(userId)}; set local muniment.credential = ${literal(credential)}`;

/** The same for a transaction that nothing was bound to before: a statement for each that the scope holds. */
export function setOwnScopeSql({ userId, credential }: Scope): string[] {
  const settings: string[] = [];
  if (userId) settings.push(`set local muniment.user_id = ${literal(userId)}`);
  if (credential) settings.push(`set local muniment.credential = ${literal(credential)}`);
  return settings;
}

/** A connection as it is lent to a read: with `settings`, statements that hold until the read's end. */
export type ReadConnection = { sql: postgres.Sql; settings?: string };

/** The connections that reads go over. */
export type ReadPool = {
  use<T>(run: (connection: ReadConnection) => Promise<T>): Promise<T>;
};

export type Parameters = postgres.ParameterOrJSON<never>[];

/** Runs one statement on a lent connection, as a read-only transaction of its own under the scope. */
export type ScopedRun = (
  connection: ReadConnection,
  scope: Scope,
  text: string,
  parameters: Parameters,
  arrays: boolean,
) => Promise<unknown>;

/** With more parameters, a statement is about many rows, and differs by how many: it is not prepared. */
export const mostParameters = 40;

/** PostgreSQL counts the parameters of a statement in 16 bits, of which the driver leaves two numbers out. */
const maximumParameters = 65_533;

/**
 * Refuses what the driver would refuse only when it sends: by then others are under way before and
 * behind it, whose answers it would mix up, and a `commit` behind it would go out all the same.
 */
export function refuseUnsendable(parameters: readonly unknown[]): void {
  if (parameters.length > maximumParameters) {
    throw new Error(`a statement has at most ${maximumParameters} parameters`);
  }
  if (parameters.includes(undefined)) throw new Error("a parameter of a statement is undefined");
}

/**
 * Tells of a statement that the driver sends again because its plan is outdated (`isPlanOutdated`):
 * that is by then outside of the transaction it belongs to, and without its scope. The driver notes
 * the error at the query, and offers no other place to learn of it.
 */
export const onSentAgain = (query: object, tell: (error: unknown) => void) =>
  void Object.defineProperty(query, "retried", { set: tell });

/** Sends all at once what one connection does one after another. @throws whatever failed first */
const pipeline =
  (isPrepared: (text: string) => boolean, planning = ""): ScopedRun =>
  async ({ sql, settings = "" }, scope, text, parameters, arrays) => {
    const begun = sql.unsafe(`begin read only; ${settings}${planning}${setScopeSql(scope)}`);
    const query = sql.unsafe(text, parameters, {
      prepare: parameters.length <= mostParameters && isPrepared(text),
    });
    const answer = arrays ? query.values() : query;
    const all = [answer, begun, sql.unsafe("commit")] as const;
    let outdated: { error: unknown } | undefined;
    onSentAgain(query, (error) => {
      outdated = { error };
    });
    try {
      // Executed here and in this order, because a query is sent when it is first waited for.
      const sent = [begun.execute(), answer.execute(), all[2].execute()];
      const [, rows] = await Promise.all(sent);
      if (outdated) throw outdated.error;
      return rows;
    } catch (error) {
      // The connection is given back only when nothing of this is under way on it.
      await Promise.allSettled(all);
      throw error;
    }
  };

/** For texts that are built once: each stays prepared on its connection for good. */
const runAgain = pipeline(() => true);
/** Each takes memory on every connection. */
const mostKnown = 100;
const askedOften = 3;

/**
 * For texts whose best plan is the same for any values: they are not planned anew. It goes by indexes: one
 * made while a table was empty, which is read whole then, would go on reading what fills it and is deleted.
 */
export const planForAny =
  "set local plan_cache_mode = force_generic_plan; set local enable_seqscan = off; ";

/**
 * For texts that hold what a user asks for, which differ without end, though few are asked again and
 * again: the first of those stay prepared on the connections of a database, which spares a round trip
 * in which the driver asks for their types. The others are not remembered for long.
 */
export function createKnownTexts(): Record<"custom" | "planned" | "either", ScopedRun> {
  const known = new Set<string>();
  let asked = new Map<string, number>();
  function isKnown(text: string): boolean {
    if (known.has(text)) return true;
    if (known.size === mostKnown) return false;
    if (asked.size === mostKnown * 10) asked = new Map();
    const times = (asked.get(text) ?? 0) + 1;
    asked.set(text, times);
    if (times < askedOften) return false;
    known.add(text);
    asked.delete(text);
    return true;
  }
  return {
    // A plan for any filter scans what one for a rare type or prefix finds by its index.
    custom: pipeline(isKnown, "set local plan_cache_mode = force_custom_plan; "),
    planned: pipeline(isKnown, planForAny),
    either: pipeline(isKnown),
  };
}

/**
 * The part of a postgres.js client that Drizzle uses for single statements. Each becomes a read-only
 * transaction of its own under the scope, in one round trip, like a bare statement.
 */
export function scopedClient(pool: ReadPool, scope: Scope, runOn: ScopedRun = runAgain) {
  const run = async (text: string, parameters: Parameters, arrays: boolean) => {
    refuseUnsendable(parameters);
    return pool.use((connection) => runOn(connection, scope, text, parameters, arrays));
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
