import { PgDialect, type PgPreparedQuery, type PreparedQueryConfig } from "drizzle-orm/pg-core";
import {
  drizzle,
  type PostgresJsDatabase,
  PostgresJsSession,
  PostgresJsTransaction,
} from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { Closing, type LastStatement } from "./closing.ts";
import { type ConnectionFacts, connect } from "./connection.ts";
import { openDriverSocket } from "./database-socket.ts";
import {
  mostParameters,
  onSentAgain,
  refuseUnsendable,
  type Scope,
  setOwnScopeSql,
} from "./scope.ts";
import { codesOf, isDatabaseUnavailable } from "./unavailable.ts";

/** A transaction under a scope. Domain functions take it as their first argument. */
export type Tx = Parameters<Parameters<PostgresJsDatabase["transaction"]>[0]>[0];

const dialect = new PgDialect();
/** A statement that can be sent by the driver, too. */
type Held = LastStatement & { parameters(): unknown[] };

type Client = postgres.TransactionSql & {
  /** Adds to the scope: where nothing was sent or kept yet, in the message that begins the transaction. */
  enter(scope: Scope): void;
  /** Keeps a statement until one that is not kept is to be sent, or the transaction ends. */
  hold(statement: Held): void;
};
const opened = new WeakMap<object, { client: Client; life: Life }>();

function find(tx: Tx): { client: Client; life: Life } {
  const found = opened.get(tx);
  if (!found) throw new Error("no transaction of this database");
  return found;
}
/** Statements that are kept at a time. */
const mostHeld = 16;
const clientOf = (tx: Tx): Client => find(tx).client;
const tooLate = () => new Error("the transaction of this statement is over");

type Unsafe = (
  text: string,
  parameters?: unknown[],
  options?: postgres.UnsafeQueryOptions,
) => postgres.PendingQuery<postgres.Row[]>;

export type TransactionOptions = {
  /**
   * Whether statements are prepared, as they are unless told otherwise. Each text stays prepared on its
   * connection for good, so not where what a user writes is in the text.
   */
  prepare?: boolean;
};

const connectionClosed = () =>
  Object.assign(new Error("the connection was closed in a transaction"), {
    code: "CONNECTION_CLOSED",
  });

/** A transaction between its first statement and its end. */
class Life {
  isBegun = false;
  /** What goes out with the first statement. */
  readonly beginning: string[];
  /** Go out before the next statement or, in one message, with the end. */
  held: Held[] = [];
  /** What was sent last; when it is answered, so is all before it. */
  last: Promise<unknown> | undefined;
  /** How many statements were sent and not answered yet. */
  #waiting = 0;
  isOver = false;
  isLost = false;
  /** What failed first: whatever came later failed because of it. */
  failed: { error: unknown } | undefined;
  readonly afterCommit: (() => void)[] = [];
  #scope: Scope;
  /** Rejects when the connection is lost, whatever is under way. */
  readonly lost: Promise<never>;
  readonly #tellLost: (error: unknown) => void;

  constructor(scope: Scope) {
    this.#scope = scope;
    this.beginning = ["begin read write", ...setOwnScopeSql(scope)];
    let tell: (error: unknown) => void = () => {};
    this.lost = new Promise((_, reject) => {
      tell = reject;
    });
    this.lost.catch(() => {});
    this.#tellLost = tell;
  }

  lose(error: unknown): void {
    this.isLost = true;
    this.isOver = true;
    this.failed ??= { error };
    this.#tellLost(error);
  }

  /** The settings that bind a scope; none where it is bound already. */
  bind(scope: Scope): string[] {
    const given = Object.keys(scope) as (keyof Scope)[];
    if (given.every((key) => scope[key] === this.#scope[key])) return [];
    const settings = setOwnScopeSql(scope);
    this.#scope = { ...this.#scope, ...scope };
    return settings;
  }

  get isWaiting(): boolean {
    return this.#waiting > 0;
  }

  throwFailure(): void {
    if (this.failed) throw this.failed.error;
  }

  /**
   * Does what waits for the commit. One that fails keeps nothing from being done, nor the caller from
   * the answer, as what is committed stays: its error is told as of a promise that nobody waits for.
   */
  act(): void {
    for (const act of this.afterCommit) {
      try {
        act();
      } catch (error) {
        void Promise.reject(error);
      }
    }
  }

  /** Sends a statement at once; otherwise it would be sent when it is first waited for. */
  send<T extends Promise<unknown>>(query: T): T {
    onSentAgain(query, (error) => this.lose(error));
    this.last = query;
    this.#waiting += 1;
    query.then(
      () => {
        this.#waiting -= 1;
      },
      (error: unknown) => {
        this.#waiting -= 1;
        this.failed ??= { error };
        // After an error of its own the driver gives the answer to one statement to another, or to none.
        if (!(error instanceof postgres.PostgresError) || isDatabaseUnavailable(error)) {
          this.lose(error);
        }
      },
    );
    return query;
  }
}

/**
 * The part of a transaction's client that Drizzle uses. Its statements are prepared on their connection:
 * one that is not takes a round trip more, each time, in which the driver asks for the types of its
 * parameters, and is planned anew. None is sent once the transaction is over: the connection is lent on.
 */
function lendClient(sql: postgres.Sql, life: Life, { prepare = true }: TransactionOptions) {
  const send: Unsafe = (text, parameters = [], options) => {
    if (!life.isBegun) {
      life.isBegun = true;
      life.send(sql.unsafe(life.beginning.join("; ")));
    }
    const isPrepared = prepare && parameters.length > 0 && parameters.length <= mostParameters;
    const all = isPrepared ? { ...options, prepare: true } : options;
    return life.send((sql.unsafe as Unsafe)(text, parameters, all));
  };
  const sendHeld = () => {
    const { held } = life;
    life.held = [];
    for (const one of held) void send(one.text, one.parameters());
  };
  /** What comes before a statement: one that cannot be sent fails its transaction. */
  function check(parameters: readonly unknown[], sendFirst = () => {}) {
    if (life.isOver) throw tooLate();
    try {
      refuseUnsendable(parameters);
      sendFirst();
    } catch (error) {
      life.failed ??= { error };
      throw error;
    }
  }
  const unsafe: Unsafe = (text, parameters = [], options) => {
    check(parameters, sendHeld);
    return send(text, parameters, options);
  };
  const hold = (statement: Held) => {
    // A transaction must not idle until all that goes out with its end is made.
    check(statement.given, life.held.length < mostHeld ? undefined : sendHeld);
    life.held.push(statement);
  };
  const enter = (scope: Scope) => {
    check([], () => {
      const settings = life.bind(scope);
      if (settings.length === 0) return;
      sendHeld();
      if (life.isBegun) void send(settings.join("; "));
      else life.beginning.push(...settings);
    });
  };
  return { unsafe, hold, enter } as unknown as Client & postgres.Sql;
}

/** Whether a statement failed only because one before it in its transaction did. */
const isConsequence = (error: unknown) => codesOf(error).includes("25P02");

/**
 * Opens a connection that makes transactions, one after another; each sees and changes only its scope's
 * rows. `begin` goes out with the first statement and `commit` behind the last, without waiting for
 * answers (docs/adr/0036-transactions-in-fewer-round-trips.md).
 */
export function openTransactions(
  facts: ConnectionFacts,
  options: Omit<Parameters<typeof connect>[1], "max" | "onClose">,
) {
  let current: Life | undefined;
  let isBroken = false;
  const closing = new Closing();
  const sql = connect(facts, {
    ...options,
    // The driver would send what still waits over a new connection, outside of any transaction.
    parameters: { ...options.parameters, default_transaction_read_only: "on" },
    max: 1,
    onClose: () => current?.lose(connectionClosed()),
    socket: async () => closing.use(await openDriverSocket(facts)),
  });
  // Has it give times and JSON as Drizzle expects them.
  drizzle(sql);

  /** Ends a transaction with the statements that it holds. */
  async function close(life: Life): Promise<void> {
    // It opens a connection only for what it sends itself.
    if (!closing.isOpen) life.send(sql.unsafe("select"));
    // The driver must wait for nothing while another sends over its socket.
    if (life.isWaiting) await Promise.race([Promise.allSettled([life.last]), life.lost]);
    life.throwFailure();
    const beginning = life.isBegun ? [] : life.beginning;
    life.isBegun = true;
    await Promise.race([closing.send(beginning, life.held), life.lost]);
  }

  async function end(life: Life): Promise<void> {
    life.isOver = true;
    life.throwFailure();
    if (life.held.length > 0) return close(life);
    if (!life.isBegun) return;
    const { command } = await Promise.race([sql.unsafe("commit"), life.lost]);
    // PostgreSQL rolls back what failed when it is asked to commit it, and calls that no error.
    life.throwFailure();
    if (command !== "COMMIT") throw new Error(`the transaction ended with ${command}`);
  }

  async function rollBack(life: Life): Promise<void> {
    life.isOver = true;
    if (!life.isBegun || life.isLost) return;
    const ended = await Promise.race([sql.unsafe("rollback"), life.lost]).catch(() => undefined);
    // Whose answers are not those to what was asked cannot be lent again.
    if (ended?.command !== "ROLLBACK") life.lose(connectionClosed());
  }

  /** Runs a transaction to its commit. @throws where it is not committed, or nobody knows */
  async function live<T>(
    life: Life,
    run: (tx: Tx) => Promise<T>,
    options: TransactionOptions,
  ): Promise<T> {
    current = life;
    try {
      const client = lendClient(sql, life, options);
      const session = new PostgresJsSession(client, dialect, undefined);
      const tx = new PostgresJsTransaction(dialect, session, undefined) as unknown as Tx;
      opened.set(tx, { client, life });
      const answer = await Promise.race([run(tx), life.lost]);
      await end(life);
      return answer;
    } catch (error) {
      await rollBack(life);
      throw life.failed && isConsequence(error) ? life.failed.error : error;
    } finally {
      current = undefined;
      isBroken ||= life.isLost;
    }
  }

  async function transaction<T>(
    scope: Scope,
    run: (tx: Tx) => Promise<T>,
    options: TransactionOptions = {},
  ): Promise<T> {
    const life = new Life(scope);
    const answer = await live(life, run, options);
    life.act();
    return answer;
  }

  return { sql, transaction, isBroken: () => isBroken };
}

/**
 * Waits for all that was begun together in a transaction, also where one of it fails: whoever went on
 * at the first failure would end the transaction under the others. @throws the first failure
 */
export async function together<T extends readonly PromiseLike<unknown>[]>(
  ...begun: T
): Promise<{ -readonly [At in keyof T]: Awaited<T[At]> }> {
  try {
    return await Promise.all(begun);
  } catch (error) {
    await Promise.allSettled(begun);
    throw error;
  }
}

/** Has something done once a transaction is committed. @throws where it would never be done */
export function afterCommit(tx: Tx, act: () => void): void {
  const { life } = find(tx);
  if (life.isOver) throw tooLate();
  life.afterCommit.push(act);
}

/** Adds to the scope of what follows in a transaction, or replaces it. */
export const enter = (tx: Tx, scope: Scope): void => clientOf(tx).enter(scope);

/** Runs a statement that was prepared with `build` (`prepared.ts`) in a transaction. */
export function runIn<T extends PreparedQueryConfig>(
  tx: Tx,
  query: PgPreparedQuery<T>,
  values: Record<string, unknown>,
): Promise<T["execute"]> {
  const bound = Object.create(query);
  bound.client = clientOf(tx);
  return bound.execute(values);
}

/** Has a statement go out with the end of a transaction, unless one comes behind it that does not. */
export const holdIn = (tx: Tx, statement: Held): void => clientOf(tx).hold(statement);
