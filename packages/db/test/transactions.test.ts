import { randomUUID } from "node:crypto";
import { build } from "@muniment/db/prepared.ts";
import { afterCommit, enter, runIn, together } from "@muniment/db/transactions.ts";
import { isDatabaseUnavailable } from "@muniment/db/unavailable.ts";
import { sql } from "drizzle-orm";
import { integer, pgTable } from "drizzle-orm/pg-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Tx } from "../src/database.ts";
import { openScratchDatabase } from "./scratch-database.ts";

let scratch: Awaited<ReturnType<typeof openScratchDatabase>>;
const notes = pgTable("test_notes", { id: integer().notNull() });
/** Sends an insertion that nobody waits for. */
const sendNote = async (tx: Tx, note: { id: number }): Promise<void> =>
  void tx
    .insert(notes)
    .values(note)
    .catch(() => {});
const one = build
  .select({ one: sql<number>`${sql.placeholder("one")}::int` })
  .from(sql`(select) one`)
  .prepare("one");
const userId = randomUUID();
const other = randomUUID();

beforeAll(async () => {
  scratch = await openScratchDatabase();
  await scratch.owner`create table test_notes (id int not null)`;
  await scratch.owner`grant select, insert on test_notes to public`;
});
afterAll(() => scratch.drop());

const stored = async () => (await scratch.owner`select id from test_notes`).map(({ id }) => id);

const lateWays: [string, (tx: Tx) => unknown][] = [
  ["a statement", (tx) => tx.execute(sql`insert into test_notes values (1)`)],
  ["one with parameters", (tx) => tx.execute(sql`insert into test_notes values (${1}::int)`)],
  ["one of Drizzle", (tx) => tx.insert(notes).values({ id: 1 })],
  ["a prepared one", (tx) => runIn(tx, one, { one: 1 })],
  ["a scope", (tx) => enter(tx, { userId })],
  ["a savepoint", (tx) => tx.transaction((inner) => inner.insert(notes).values({ id: 1 }))],
];

async function afterEnd(fails: boolean): Promise<Tx> {
  let kept: Tx | undefined;
  const ended = scratch.database.transaction({}, async (tx) => {
    kept = tx;
    if (fails) await tx.execute(sql`select 1 / 0`);
  });
  await (fails ? expect(ended).rejects.toThrow() : ended);
  if (!kept) throw new Error("there was no transaction");
  return kept;
}

test.each(lateWays)(
  "%s that comes after its transaction is refused and stored nowhere",
  async (_, send) => {
    for (const fails of [false, true]) {
      const tx = await afterEnd(fails);
      await expect((async () => send(tx))()).rejects.toThrow();
      // The pool lends the connection that was used last.
      const scope = await scratch.database.transaction({}, async (next) => {
        await next.execute(sql`select 1`);
        await expect((async () => send(tx))()).rejects.toThrow();
        return next.execute(sql`select current_user_id()::text as id`);
      });
      expect([...scope]).not.toContainEqual({ id: userId });
      expect(await stored()).toEqual([]);
    }
  },
);

test("a scope that is entered before the first statement or between two holds until the end", async () => {
  const ask = async (tx: Tx) => [...(await tx.execute(sql`select current_user_id()::text as id`))];
  const seen = await scratch.database.transaction({}, async (tx) => {
    enter(tx, { userId });
    const first = await ask(tx);
    enter(tx, { userId: other });
    return [...first, ...(await ask(tx)), ...(await ask(tx))];
  });
  expect(seen).toEqual([{ id: userId }, { id: other }, { id: other }]);
  expect(await scratch.database.transaction({}, ask)).toEqual([{ id: null }]);
});

test("a scope holds that is entered again, beside another secret, or after another's", async () => {
  const secret = "0a".repeat(32);
  const ask = async (tx: Tx) =>
    (
      await tx.execute(
        sql`select current_user_id()::text as id, current_setting('muniment.credential', true) as secret`,
      )
    )[0];
  const seen = await scratch.database.transaction({ userId }, async (tx) => {
    enter(tx, { userId });
    const answers = [await ask(tx)];
    for (const scope of [{ credential: secret }, { userId }, { userId: other }, { userId }]) {
      enter(tx, scope);
      answers.push(await ask(tx));
    }
    return answers;
  });
  expect(seen.map((row) => row?.id)).toEqual([userId, userId, userId, other, userId]);
  expect(seen.slice(1).map((row) => row?.secret)).toEqual(Array(4).fill(secret));
});

test("a branch that comes when another has failed stores nothing", async () => {
  let goOn: (() => void) | undefined;
  const held = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  let late: Promise<unknown> | undefined;
  const failed = scratch.database.transaction({}, (tx) => {
    late = held.then(() => tx.insert(notes).values({ id: 2 }));
    return Promise.all([tx.execute(sql`select 1 / 0`), late]);
  });
  await expect(failed).rejects.toThrow();
  await scratch.database.transaction({}, async (next) => {
    await next.execute(sql`select 1`);
    goOn?.();
    await expect(late).rejects.toMatchObject({
      cause: { message: "the transaction of this statement is over" },
    });
  });
  expect(await stored()).toEqual([]);
});

test("what is not waited for is sent before the end or not at all", async () => {
  const begun: PromiseLike<unknown>[] = [];
  await expect(
    scratch.database.transaction({}, async (tx) => {
      begun.push(tx.execute(sql`insert into test_notes values (3)`).then(() => {}));
      throw new Error("changed its mind");
    }),
  ).rejects.toThrow("changed its mind");
  await Promise.allSettled(begun);
  await scratch.database.transaction({}, (next) => next.execute(sql`select 1`));
  expect(await stored()).toEqual([]);
});

test("an insertion that nobody waits for and that fails rolls its transaction back, with its error", async () => {
  const { database } = scratch;
  const wrong = { id: "no number" as unknown as number };
  const ways: ((tx: Tx) => Promise<unknown>)[] = [
    // Behind it comes only the end of the transaction.
    (tx) => sendNote(tx, wrong),
    (tx) => sendNote(tx, wrong).then(() => tx.execute(sql`select 1`)),
    (tx) => sendNote(tx, wrong).then(() => tx.execute(sql`select 1`).catch(() => {})),
  ];
  for (const way of ways) {
    const ended = database.transaction({}, async (tx) => {
      await tx.insert(notes).values({ id: 4 });
      await way(tx);
    });
    await expect(ended).rejects.toMatchObject({ code: "22P02" });
    expect(await stored()).toEqual([]);
  }
  // The connection that is lent next is in no transaction any more.
  await database.transaction({}, (tx) => sendNote(tx, { id: 5 }));
  expect(await stored()).toEqual([5]);
  await scratch.owner`delete from test_notes`;
});

test("what waits in a transaction whose connection ends is stored nowhere, whatever is sent later", async () => {
  const { database } = scratch;
  const waiting: PromiseLike<unknown>[] = [];
  const ended = database.transaction({}, async (tx) => {
    await tx.insert(notes).values({ id: 6 });
    // With a parameter, and new to its connection, so that the driver keeps what follows to itself meanwhile.
    const gone = tx
      .execute(sql`select pg_terminate_backend(pg_backend_pid()) where ${1}::int = 1`)
      .catch(() => {});
    waiting.push(
      tx
        .insert(notes)
        .values({ id: 7 })
        .then(() => {}),
    );
    waiting.push(tx.execute(sql`insert into test_notes values (8)`).then(() => {}));
    await gone;
    await expect(tx.insert(notes).values({ id: 9 })).rejects.toMatchObject({
      cause: { message: "the transaction of this statement is over" },
    });
  });
  await expect(ended).rejects.toSatisfy(isDatabaseUnavailable);
  await Promise.allSettled(waiting);
  expect(await stored()).toEqual([]);
});

test("a transaction whose connection ends while nothing is sent is told so and does not end well", async () => {
  const { database } = scratch;
  const ended = database.transaction({}, async (tx) => {
    await tx.insert(notes).values({ id: 10 });
    const [backend] = await tx.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`);
    await scratch.owner`select pg_terminate_backend(${backend?.pid ?? 0})`;
    return new Promise(() => {});
  });
  await expect(ended).rejects.toSatisfy(isDatabaseUnavailable);
  expect(await stored()).toEqual([]);
});

/** Takes what no promise waits for, as the test run would fail with it. */
async function untold(act: () => Promise<unknown>): Promise<unknown> {
  const listeners = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  const told = new Promise((resolve) => process.once("unhandledRejection", resolve));
  try {
    await act();
    return await told;
  } finally {
    for (const listener of listeners) process.on("unhandledRejection", listener);
  }
}

test("what is to be done after a commit is done, whatever of it fails, and the caller gets its answer", async () => {
  const { database } = scratch;
  const done: string[] = [];
  const act = (name: string) => () => void done.push(name);
  const wrong = new Error("cannot be done");
  const told = await untold(async () => {
    const answer = await database.transaction({}, async (tx) => {
      afterCommit(tx, act("first"));
      afterCommit(tx, () => {
        throw wrong;
      });
      await sendNote(tx, { id: 14 });
      afterCommit(tx, act("last"));
      return "answer";
    });
    expect(answer).toBe("answer");
    expect(done).toEqual(["first", "last"]);
  });
  expect(told).toBe(wrong);
  expect(await stored()).toEqual([14]);
  await scratch.owner`delete from test_notes`;
});

test("what is to be done after a commit is refused where it never would be", async () => {
  let ran = false;
  const act = () => {
    ran = true;
  };
  expect(() => afterCommit({} as Tx, act)).toThrow("no transaction of this database");
  for (const fails of [false, true]) {
    const tx = await afterEnd(fails);
    expect(() => afterCommit(tx, act)).toThrow("is over");
  }
  expect(ran).toBe(false);
});

test("what was begun together has ended when the first failure is told", async () => {
  const seen: string[] = [];
  const first = Promise.reject(new Error("first"));
  const second = new Promise((_, reject) =>
    setImmediate(() => {
      seen.push("second");
      reject(new Error("second"));
    }),
  );
  await expect(together(second, first)).rejects.toThrow("first");
  expect(seen).toEqual(["second"]);
  expect(await together(Promise.resolve(1), Promise.resolve("a"))).toEqual([1, "a"]);
});

const unsendable: [string, (tx: Tx) => PromiseLike<unknown>][] = [
  [
    "has no value",
    (tx) => tx.execute(sql`insert into test_notes values (${sql.param(undefined)})`),
  ],
  [
    "has too many parameters",
    (tx) => tx.execute(sql`select ${sql.join(Array(65_534).fill(sql.param(1)), sql`, `)}`),
  ],
];

test.each(unsendable)(
  "a statement that %s keeps its transaction from being stored, and no connection waits for it",
  async (_, send) => {
    const { database } = scratch;
    const ways: ((tx: Tx) => unknown)[] = [
      (tx) => send(tx),
      // Behind a statement that the driver still waits for, and before the end.
      (tx) => sendNote(tx, { id: 11 }).then(() => send(tx)),
      async (tx) => {
        await tx.execute(sql`insert into test_notes values (12)`);
        await Promise.resolve(send(tx)).catch(() => {});
      },
    ];
    for (const way of ways) {
      const ended = database.transaction({}, async (tx) => void (await way(tx)));
      await expect(ended).rejects.toThrow();
      const [row] = await database.transaction({}, (tx) => tx.execute(sql`select ${1}::int as n`));
      expect(row).toEqual({ n: 1 });
    }
    expect(await stored()).toEqual([]);
  },
);

test("a read with too many parameters is refused, and no connection waits for it", async () => {
  const many = sql.join(Array(65_534).fill(sql.param(1)), sql`, `);
  const read = scratch.database.reads({ userId }).select({ n: sql`1` }).from(sql`(select) one`);
  await expect(read.where(sql`1 in (${many})`)).rejects.toMatchObject({
    cause: { message: "a statement has at most 65533 parameters" },
  });
});

test("a connection whose driver failed by itself is not lent again", async () => {
  const { database } = scratch;
  const pid = async (tx: Tx) => {
    const [row] = await tx.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`);
    return row?.pid;
  };
  const unwritable = {
    toString() {
      throw new Error("has no text");
    },
  };
  let failing: number | undefined;
  const ended = database.transaction({}, async (tx) => {
    failing = await pid(tx);
    await runIn(tx, one, { one: 1 });
    await sendNote(tx, { id: 13 });
    await runIn(tx, one, { one: unwritable }).catch(() => {});
    throw new Error("an error of its own");
  });
  await expect(ended).rejects.toThrow();
  expect(await database.transaction({}, pid)).not.toBe(failing);
  expect(await stored()).toEqual([]);
});

/** Texts prepared on the connection of a pool that was lent last. */
const countSql = sql<number>`(select count(*)::int from pg_prepared_statements)`;

test("texts that hold what a user asks for stay prepared on no connection", async () => {
  const { database } = scratch;
  const asked = (at: number) => sql`${at}::int = ${at}::int and ${sql.raw(`'shape ${at}' <> ''`)}`;
  const searched = () =>
    database.searches({ userId }).select({ n: countSql }).from(sql`(select) one`);
  const written = (prepare: boolean) =>
    database.transaction(
      { userId },
      async (tx) => {
        const [row] = await tx.execute<{ n: number }>(sql`select ${countSql} as n`);
        return row?.n;
      },
      { prepare },
    );
  const before = [await searched(), await written(false)];
  for (let at = 0; at < 100; at += 1) {
    const condition = asked(at);
    await database
      .searches({ userId })
      .select({ n: sql`1` })
      .from(sql`(select) one`)
      .where(condition);
    await database.rows({ userId }, sql`select 1 where ${condition}`, 100);
    await database.transaction({ userId }, (tx) => tx.execute(sql`select 1 where ${condition}`), {
      prepare: false,
    });
  }
  expect([await searched(), await written(false)]).toEqual(before);
  // Where nobody says otherwise, a text does stay.
  await database.transaction({ userId }, (tx) => tx.execute(sql`select 1 where ${asked(1)}`));
  expect(await written(true)).toBe(Number(before[1]) + 1);
});
