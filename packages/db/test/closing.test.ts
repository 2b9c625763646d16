import { randomUUID } from "node:crypto";
import type { Tx } from "@muniment/db/database.ts";
import { closingInsertion } from "@muniment/db/insertions.ts";
import { bytes, time } from "@muniment/db/schema/columns.ts";
import { isDatabaseUnavailable } from "@muniment/db/unavailable.ts";
import { sql } from "drizzle-orm";
import { jsonb, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { openScratchDatabase } from "./scratch-database.ts";

let scratch: Awaited<ReturnType<typeof openScratchDatabase>>;
const notes = pgTable("test_notes", {
  id: uuid().primaryKey(),
  at: time("at").notNull(),
  note: text(),
  json: jsonb().$type<unknown>(),
  hash: bytes("hash"),
});
const insertNote = closingInsertion(notes);
const insertWithoutHash = closingInsertion(notes, "hash");
const noteOf = (note: string | null) => ({
  id: randomUUID(),
  at: new Date(1_800_000_000_123),
  note,
  json: null,
  hash: null,
});

beforeAll(async () => {
  scratch = await openScratchDatabase();
  await scratch.owner`
    create table test_notes (
      id uuid primary key, at timestamptz(3) not null, note text check (note <> 'refused'), json jsonb, hash bytea)`;
  await scratch.owner`grant select, insert on test_notes to public`;
});
afterAll(() => scratch.drop());
beforeEach(() => scratch.owner`delete from test_notes`);

const transaction = <T>(run: (tx: Tx) => Promise<T>) => scratch.database.transaction({}, run);
const stored = async () =>
  (await scratch.owner`select note from test_notes order by note`).map(({ note }) => note);
const count = (tx: Tx) => tx.execute<{ n: number }>(sql`select count(*)::int as n from test_notes`);

/** What a transaction may do before its last insertion. */
const before: [string, (tx: Tx) => unknown][] = [
  ["nothing", () => {}],
  ["a statement", (tx) => tx.execute(sql`select 1`)],
  ["one that is not waited for", (tx) => void tx.execute(sql`select 1`).then(() => {})],
  ["an insertion of the same kind", (tx) => insertNote(tx, noteOf("first"))],
];

test.each(before)("a row is stored with its transaction behind %s", async (_, act) => {
  for (const note of ["a", "b"]) {
    await transaction(async (tx) => {
      await act(tx);
      await insertNote(tx, noteOf(note));
    });
  }
  expect((await stored()).filter((note) => note !== "first")).toEqual(["a", "b"]);
});

test.each(before)(
  "one that is refused behind %s keeps all from being stored, with its error, and the connection is as before",
  async (_, act) => {
    const refused = transaction(async (tx) => {
      await act(tx);
      await insertNote(tx, noteOf("refused"));
    });
    await expect(refused).rejects.toMatchObject({ code: "23514" });
    expect(await stored()).toEqual([]);
    await transaction((tx) => insertNote(tx, noteOf("next")));
    expect(await transaction(count)).toEqual([{ n: 1 }]);
  },
);

test.each(before)("one whose transaction fails behind %s is stored nowhere", async (_, act) => {
  const failed = transaction(async (tx) => {
    await act(tx);
    await insertNote(tx, noteOf("failed"));
    throw new Error("changed its mind");
  });
  await expect(failed).rejects.toThrow("changed its mind");
  await transaction((tx) => insertNote(tx, noteOf("next")));
  expect(await stored()).toEqual(["next"]);
});

test("what failed before it keeps it from being stored, also where nobody waits for that", async () => {
  const failed = transaction(async (tx) => {
    void tx.execute(sql`select 1 / 0`).then(
      () => {},
      () => {},
    );
    await insertNote(tx, noteOf("failed"));
  });
  await expect(failed).rejects.toMatchObject({ code: "22012" });
  expect(await stored()).toEqual([]);
});

test("a later statement of its transaction sees it, and one that was rolled back to a savepoint is gone", async () => {
  const seen = await transaction(async (tx) => {
    await insertNote(tx, noteOf("kept"));
    await tx.execute(sql`savepoint here`);
    await insertNote(tx, noteOf("undone"));
    await tx.execute(sql`rollback to savepoint here`);
    return count(tx);
  });
  expect(seen).toEqual([{ n: 1 }]);
  expect(await stored()).toEqual(["kept"]);
});

test("values of every kind come back as they were given", async () => {
  const row = {
    ...noteOf("it's \\x and \u00e9\u{1f600}, \u2028"),
    json: { "a'b": ["\\", null, 1.5, { deep: "\u{1f600}" }] },
    hash: Buffer.from([0, 39, 92, 255]),
  };
  const bare = noteOf(null);
  await transaction((tx) => insertNote(tx, row));
  await transaction((tx) => insertNote(tx, bare));
  const read = await scratch.owner`select * from test_notes order by note`;
  expect([...read]).toEqual([row, bare]);
});

test("one that cannot be sent is stored nowhere, and no connection waits for it", async () => {
  const wrong = [
    { ...noteOf("wrong"), note: undefined as unknown as string },
    { ...noteOf("wrong"), id: "01A1FEAE-0000-7000-8000-000000000000" },
    { ...noteOf("wrong"), json: 1n },
  ];
  for (const row of wrong) {
    for (const [, act] of before) {
      const refused = transaction(async (tx) => {
        await act(tx);
        await insertNote(tx, row);
      });
      await expect(refused).rejects.toThrow();
      expect(await transaction(count)).toEqual([{ n: 0 }]);
    }
  }
  await transaction((tx) => insertNote(tx, noteOf("next")));
  expect(await stored()).toEqual(["next"]);
});

test("one that cannot be sent is not taken for prepared", async () => {
  const { hash, ...row } = noteOf("next");
  const wrong = transaction((tx) => insertWithoutHash(tx, { ...row, json: 1n }));
  await expect(wrong).rejects.toThrow(TypeError);
  await transaction((tx) => insertWithoutHash(tx, row));
  expect(await stored()).toEqual(["next"]);
});

test("one that comes after its transaction is refused", async () => {
  let kept: Tx | undefined;
  await transaction(async (tx) => {
    kept = tx;
    await insertNote(tx, noteOf("in time"));
  });
  await transaction(async (next) => {
    await next.execute(sql`select 1`);
    await expect(insertNote(kept as Tx, noteOf("late"))).rejects.toThrow("is over");
  });
  expect(await stored()).toEqual(["in time"]);
});

test("a connection that ends before it goes out, or while it does, stores nothing and is told", async () => {
  const ways: ((tx: Tx, pid: number) => Promise<unknown>)[] = [
    async (tx, pid) => {
      await insertNote(tx, noteOf("lost"));
      await scratch.owner`select pg_terminate_backend(${pid})`;
      return new Promise(() => {});
    },
    async (tx) => {
      // The check is made when the row is there and before the commit.
      await insertNote(tx, noteOf("ends its own connection"));
    },
  ];
  await scratch.owner.unsafe(`
    create function end_connection() returns trigger language plpgsql security definer as
      $$ begin perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(60); return new; end $$;
    create trigger ends after insert on test_notes for each row
      when (new.note = 'ends its own connection') execute function end_connection()`);
  for (const way of ways) {
    const ended = transaction(async (tx) => {
      const [backend] = await tx.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`);
      await way(tx, backend?.pid ?? 0);
    });
    await expect(ended).rejects.toSatisfy(isDatabaseUnavailable);
    expect(await stored()).toEqual([]);
    // Over a new connection, to which nothing was given to prepare.
    await transaction((tx) => insertNote(tx, noteOf("next")));
    expect(await stored()).toEqual(["next"]);
    await scratch.owner`delete from test_notes`;
  }
});

test("an idle connection that ended is opened anew for a transaction with nothing but it", async () => {
  await transaction((tx) => insertNote(tx, noteOf("a")));
  await scratch.owner`
    select pg_terminate_backend(pid, 10000) from pg_stat_activity
    where datname = current_database() and application_name = 'muniment'`;
  // Whoever comes before the end is told of it fails; soon one does not.
  for (let tries = 0; ; tries += 1) {
    const answer = await transaction((tx) => insertNote(tx, noteOf("b"))).catch((error) => error);
    if (answer === undefined) break;
    expect(answer).toSatisfy(isDatabaseUnavailable);
    expect(tries).toBeLessThan(100);
  }
  expect(await stored()).toEqual(["a", "b"]);
});

test("sixteen at a time store each row once, beside reads over the same connections", async () => {
  const { database } = scratch;
  const each = Array.from({ length: 300 }, (_, at) => String(1000 + at));
  await Promise.all(
    each.flatMap((note) => [
      transaction(async (tx) => {
        if (Number(note) % 2 === 0) await tx.execute(sql`select 1`);
        await insertNote(tx, noteOf(note));
      }),
      database.reads({}).select({ n: sql`1` }).from(sql`(select) one`),
    ]),
  );
  expect(await stored()).toEqual(each);
});
