import { randomUUID } from "node:crypto";
import { build } from "@muniment/db/prepared.ts";
import { enter, insertion, runIn, together } from "@muniment/db/transactions.ts";
import { sql } from "drizzle-orm";
import { integer, pgTable } from "drizzle-orm/pg-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Tx } from "../src/database.ts";
import { openScratchDatabase } from "./scratch-database.ts";

let scratch: Awaited<ReturnType<typeof openScratchDatabase>>;
const notes = pgTable("test_notes", { id: integer().notNull() });
const insertNote = insertion(notes);
const one = build
  .select({ one: sql<number>`${sql.placeholder("one")}::int` })
  .from(sql`(select) one`)
  .prepare("one");
const userId = randomUUID();

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
  ["an insertion", (tx) => insertNote(tx, { id: 1 })],
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
    await database.bytes({ userId }, sql`select '\\x00'::bytea where ${condition}`);
    await database.transaction({ userId }, (tx) => tx.execute(sql`select 1 where ${condition}`), {
      prepare: false,
    });
  }
  expect([await searched(), await written(false)]).toEqual(before);
  // Where nobody says otherwise, a text does stay.
  await database.transaction({ userId }, (tx) => tx.execute(sql`select 1 where ${asked(1)}`));
  expect(await written(true)).toBe(Number(before[1]) + 1);
});
