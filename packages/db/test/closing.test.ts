import { randomUUID } from "node:crypto";
import { closingStatement } from "@muniment/db/closing-statements.ts";
import { openDatabase, type Tx } from "@muniment/db/database.ts";
import { closingInsertion } from "@muniment/db/insertions.ts";
import { build } from "@muniment/db/prepared.ts";
import { bytes, time } from "@muniment/db/schema/columns.ts";
import { enter } from "@muniment/db/transactions.ts";
import { isDatabaseUnavailable } from "@muniment/db/unavailable.ts";
import { sql } from "drizzle-orm";
import { jsonb, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
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
  await scratch.owner.unsafe(`
    alter table test_notes enable row level security;
    create policy readable on test_notes for select using (true);
    create policy ours on test_notes for insert with check (note is distinct from 'not ours');
    create function act_on_note() returns trigger language plpgsql security definer as $$
      begin
        if new.note like 'fails%' then raise 'failed' using errcode = '40001'; end if;
        if new.note like 'cancelled%' then perform pg_cancel_backend(pg_backend_pid()), pg_sleep(60); end if;
        if new.note like 'ended%' then perform pg_terminate_backend(pg_backend_pid()), pg_sleep(60); end if;
        if new.note = 'waits' then perform pg_advisory_xact_lock(7); end if;
        raise notice '%', repeat('loud', 50000);
        perform set_config('intervalstyle', 'iso_8601', false);
        return new;
      end $$;
    create trigger acts after insert on test_notes for each row
      when (new.note in ('fails', 'cancelled', 'ended', 'loud', 'waits')) execute function act_on_note();
    create constraint trigger acts_late after insert on test_notes deferrable initially deferred for each row
      when (new.note like '% late') execute function act_on_note()`);
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
  [
    "more than the driver sends at once",
    (tx) => {
      for (let at = 0; at < 250; at += 1) void tx.execute(sql`select 1`).then(() => {});
    },
  ],
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

/** Notes that are refused, and the codes of the errors that say why. */
const refusals: [string, string, string][] = [
  ["refused", "23514", "by a constraint"],
  ["not ours", "42501", "by row-level security"],
  ["fails", "40001", "by a trigger"],
  ["cancelled", "57014", "as it is cancelled"],
  ["fails late", "40001", "at the commit"],
  ["cancelled late", "57014", "as the commit is cancelled"],
];

test.each(refusals)(
  "%s: one that is refused with %s %s keeps all from being stored, and the connection is as before",
  async (note, code) => {
    for (const [, act] of before) {
      const refused = transaction(async (tx) => {
        await act(tx);
        await insertNote(tx, noteOf(note));
      });
      await expect(refused).rejects.toMatchObject({ code });
      expect(await stored()).toEqual([]);
      await transaction((tx) => insertNote(tx, noteOf("next")));
      expect(await transaction(count)).toEqual([{ n: 1 }]);
      await scratch.owner`delete from test_notes`;
    }
  },
);

test("what fails leaves nothing behind on its connection", async () => {
  const prepared = (tx: Tx) =>
    tx.execute(sql`select name from pg_prepared_statements where name like 'closing%' order by 1`);
  for (let at = 0; at < 5; at += 1) {
    await transaction((tx) => insertNote(tx, noteOf("next")));
    await expect(transaction((tx) => insertNote(tx, noteOf("refused")))).rejects.toThrow();
  }
  expect(await transaction(prepared)).toEqual([{ name: "closing_0" }, { name: "closing_1" }]);
});

test("a connection that has forgotten what it was to prepare is told it anew", async () => {
  await transaction((tx) => insertNote(tx, noteOf("a")));
  await transaction((tx) => tx.execute(sql`deallocate closing_0`));
  const lost = transaction((tx) => insertNote(tx, noteOf("b")));
  await expect(lost).rejects.toMatchObject({ code: "26000" });
  await transaction((tx) => insertNote(tx, noteOf("c")));
  expect(await stored()).toEqual(["a", "c"]);
});

const insertText = closingStatement(
  build.insert(notes).values({
    id: sql.placeholder("id"),
    at: sql.placeholder("at"),
    // Of what was stored before it, and whose transaction it is.
    note: sql`(select string_agg(note, ',' order by note) from test_notes)
      || ${sql.placeholder("note")}::text || current_setting('muniment.user_id', true)`,
    json: null,
  }),
);
const textOf = (note: string) => ({ id: randomUUID(), at: new Date(0), note });
const owner = randomUUID();

test.each(before)("what goes out with the end does so in its order, behind %s", async (_, act) => {
  await scratch.database.transaction({ userId: owner }, async (tx) => {
    await act(tx);
    await insertNote(tx, noteOf("a"));
    insertText(tx, textOf(" of "));
    await insertNote(tx, noteOf("b"));
  });
  const all = (await stored()).filter((note) => note !== "first");
  expect(all).toEqual(["a", expect.stringMatching(new RegExp(`^a(,first)? of ${owner}$`)), "b"]);
});

test("a scope that is entered between holds from there on", async () => {
  const other = randomUUID();
  await scratch.database.transaction({ userId: owner }, async (tx) => {
    await insertNote(tx, noteOf("a"));
    enter(tx, { userId: other });
    insertText(tx, textOf(" of "));
    enter(tx, { userId: owner });
    insertText(tx, textOf(" and of "));
  });
  expect(await stored()).toEqual(["a", `a of ${other}`, `a,a of ${other} and of ${owner}`]);
});

const requires = closingStatement(
  build
    .select({ one: sql`require_that(${sql.placeholder("holds")}::boolean)` })
    .from(sql`(select) one`),
);

test.each(before)(
  "what requires something keeps all from being stored, behind %s",
  async (_, act) => {
    const requiring = (holds: string | null) =>
      transaction(async (tx) => {
        await act(tx);
        await insertNote(tx, noteOf("a"));
        requires(tx, { holds });
        await insertNote(tx, noteOf("b"));
      });
    for (const holds of ["false", null]) {
      await expect(requiring(holds)).rejects.toMatchObject({ code: "MU001" });
      expect(await stored()).toEqual([]);
    }
    await requiring("true");
    expect((await stored()).filter((note) => note !== "first")).toEqual(["a", "b"]);
  },
);

test("of many that go out with the end, most do before, so that their transaction does not idle", async () => {
  await transaction(async (tx) => {
    for (let at = 0; at < 40; at += 1) await insertNote(tx, noteOf(`${100 + at}`));
    await vi.waitFor(async () => {
      const idle = await scratch.owner`
        select from pg_stat_activity where state = 'idle in transaction'
          and datname = current_database() and query like 'insert into "test_notes"%'`;
      expect(idle).toHaveLength(1);
    }, 5000);
  });
  expect(await stored()).toEqual(Array.from({ length: 40 }, (_, at) => `${100 + at}`));
});

test("what cannot be sent with the end keeps all from being stored", async () => {
  const sending = (holds: unknown) =>
    transaction(async (tx) => {
      await insertNote(tx, noteOf("a"));
      requires(tx, { holds });
    });
  await expect(sending(true)).rejects.toThrow("takes texts");
  await expect(sending(undefined)).rejects.toThrow("takes texts");
  expect(await stored()).toEqual([]);
  await transaction((tx) => insertNote(tx, noteOf("next")));
  expect(await stored()).toEqual(["next"]);
});

test("all rows of a transaction are stored with it or none", async () => {
  const notes = ["1", "2", "3"];
  const insertAll = (last: string) =>
    transaction(async (tx) => {
      for (const note of [...notes, last]) await insertNote(tx, noteOf(note));
    });
  await expect(insertAll("refused")).rejects.toMatchObject({ code: "23514" });
  expect(await stored()).toEqual([]);
  await insertAll("4");
  expect(await stored()).toEqual([...notes, "4"]);
});

test("what PostgreSQL tells beside the answer is no part of it", async () => {
  for (const note of ["loud", "loud late"]) {
    await transaction((tx) => insertNote(tx, noteOf(note)));
    expect(await transaction(count)).toMatchObject([{ n: expect.any(Number) }]);
  }
  expect(await stored()).toEqual(["loud", "loud late"]);
});

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

/** Rows that the driver sends as texts, and that go out with the commit in binary form. */
const rows: [string, Partial<typeof notes.$inferSelect>][] = [
  ["plain", {}],
  ["times", { at: new Date("9999-12-31T23:59:59.999Z") }],
  ["early times", { at: new Date("0001-01-01T00:00:00.001Z") }],
  ["a time before 2000", { at: new Date(-1) }],
  ["no time", { at: new Date(Number.NaN) }],
  ["an id in capitals", { id: randomUUID().toUpperCase() }],
  ["no id", { id: "one" }],
  ["an empty text", { note: "" }],
  ["a text of all kinds", { note: "it's \\x and \u00e9\u{1f600}, \u2028" }],
  ["half a character", { note: "\ud800" }],
  ["a zero in a text", { note: "a\0b" }],
  ["a long text", { note: "\u00e9x".repeat(1_000_000) }],
  ["JSON of all kinds", { json: { "a'b": ["\\", null, 1.5, { deep: "\u{1f600}" }] } }],
  ["an empty list", { json: [] }],
  ["a JSON text", { json: "text" }],
  ["false", { json: false }],
  ["a zero in JSON", { json: { a: "\0" } }],
  ["half a character in JSON", { json: ["\udc00"] }],
  ["bytes", { hash: Buffer.from([0, 39, 92, 255]) }],
  ["no bytes", { hash: new Uint8Array() }],
  ["many bytes", { hash: Buffer.alloc(20_000, 7) }],
];

test.each(rows)("%s are stored or refused as the driver would", async (_, values) => {
  const row = { ...noteOf("a note"), ...values };
  const outcomeOf = async (run: (tx: Tx) => Promise<unknown>) => {
    const refused = await transaction(run).then(
      () => "stored",
      (error: { code?: string }) => error.code ?? "not sent",
    );
    const found = [...(await scratch.owner`select * from test_notes`)];
    await scratch.owner`delete from test_notes`;
    return { refused, found };
  };
  const ours = await outcomeOf((tx) => insertNote(tx, row));
  const theirs = await outcomeOf(async (tx) => {
    await insertNote(tx, row);
    await tx.execute(sql`select 1`);
  });
  expect(ours.refused === "stored").toBe(ours.found.length === 1);
  if (row.id === "one")
    return expect([ours.refused, theirs.refused]).toEqual(["not sent", "22P02"]);
  expect(ours).toEqual(theirs);
});

test("one that cannot be sent is stored nowhere, and no connection waits for it", async () => {
  const wrong = [
    { ...noteOf("wrong"), note: undefined as unknown as string },
    { ...noteOf("wrong"), id: "01a1feae-0000-7000-8000-00000000000" },
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
    (tx) => insertNote(tx, noteOf("ended")),
    (tx) => insertNote(tx, noteOf("ended late")),
  ];
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

test("one that is under way when its database is closed comes to its end, and the next is refused", async () => {
  const closing = openDatabase(scratch.connections);
  const waits = async () => {
    const [row] = await scratch.owner`
      select exists (select from pg_locks where locktype = 'advisory' and not granted
        and database = (select oid from pg_database where datname = current_database())) as waits`;
    return row?.waits;
  };
  let running: Promise<void> | undefined;
  let closed: Promise<void> | undefined;
  await scratch.owner.begin(async (lock) => {
    await lock`select pg_advisory_xact_lock(7)`;
    running = closing.transaction({}, (tx) => insertNote(tx, noteOf("waits")));
    await expect.poll(waits).toBe(true);
    closed = closing.close();
  });
  await running;
  await closed;
  expect(await stored()).toEqual(["waits"]);
  const late = closing.transaction({}, (tx) => insertNote(tx, noteOf("late")));
  await expect(late).rejects.toSatisfy(isDatabaseUnavailable);
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
