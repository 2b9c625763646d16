import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import fc from "fast-check";
import type postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bulk, type Copy, createBulk } from "../src/bulk.ts";
import { connect } from "../src/connection.ts";
import { CopyRows } from "../src/copy-rows.ts";
import { isDatabaseUnavailable } from "../src/unavailable.ts";
import { createScratchDatabase } from "./scratch-database.ts";

let scratch: Awaited<ReturnType<typeof createScratchDatabase>>;
let sql: postgres.Sql;
let bulk: Bulk;
beforeAll(async () => {
  scratch = await createScratchDatabase();
  sql = connect(scratch.facts, { max: 1, applicationName: "test-copy" });
  bulk = createBulk(scratch.facts, 1, { applicationName: "test-bulk", parameters: {} });
  await sql`create table copied (
    id uuid primary key, at timestamptz(3), small smallint, big bigint, bytes bytea, text text, json jsonb)`;
  await sql`create table notes (note text)`;
});
afterAll(async () => {
  await bulk.close();
  await sql.end({ timeout: 2 });
  await scratch.drop();
});

const note = "insert into notes values ($1)";
const copyAll = "copy copied from stdin (format binary)";
const copyIds = "copy copied (id) from stdin (format binary)";
/** Rows by `COPY`s, and what is to be noted with them. */
const send = (copies: Copy[], ...notes: string[]) =>
  bulk.send({
    copies,
    statement: notes.length > 0 ? note : "select 1",
    values: notes.map((text) => (rows: CopyRows) => rows.text(text)),
  });

test("values of every kind come back as they were sent", async () => {
  const text = fc
    .string({ unit: "grapheme", maxLength: 300 })
    .map((all) => all.replaceAll("\0", ""));
  const row = fc.record({
    id: fc.uuid(),
    at: fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2100, 0, 1) }),
    small: fc.integer({ min: -32_768, max: 32_767 }),
    big: fc.option(fc.maxSafeInteger(), { nil: undefined }),
    bytes: fc.uint8Array({ maxLength: 40 }),
    text: fc.option(fc.oneof(text, fc.constant("x".repeat(100_000))), { nil: undefined }),
    json: fc.option(fc.dictionary(text, text), { nil: undefined }),
  });
  const all = fc.uniqueArray(row, { selector: ({ id }) => id, minLength: 1, maxLength: 50 });
  await fc.assert(
    fc.asyncProperty(all, async (sent) => {
      const write = (rows: CopyRows) => {
        for (const { id, at, small, big, bytes, text, json } of sent) {
          rows.row(7);
          const common = new CopyRows();
          common.uuid(id);
          rows.part(common.bytes(), 0, common.length);
          rows.time(at);
          rows.smallint(small);
          rows.bigint(big);
          rows.hex(Buffer.from(bytes).toString("hex"));
          rows.text(text);
          rows.jsonb(json && JSON.stringify(json));
        }
      };
      await send([{ statement: copyAll, write }]);
      const stored = await sql`
        delete from copied returning *, big::text as big, encode(bytes, 'hex') as bytes`;
      const byId = new Map(stored.map((one) => [one.id, one]));
      expect(byId.size).toBe(sent.length);
      for (const { id, at, small, big, bytes, text = null, json = null } of sent) {
        const kept = byId.get(id);
        expect(kept).toMatchObject({ at: new Date(at), small, text, json });
        expect(kept?.big).toBe(big === undefined ? null : String(big));
        expect(kept?.bytes).toBe(Buffer.from(bytes).toString("hex"));
      }
    }),
    { numRuns: 20 },
  );
});

const copyOf = (write: (rows: CopyRows) => void): Copy => ({ statement: copyIds, write });
const copyId = (id: string) =>
  copyOf((rows) => {
    rows.row(1);
    rows.uuid(id);
  });

const [a, b, c] = [1, 2, 3].map((n) => `01890000-0000-7000-8000-00000000000${n}`) as [
  string,
  string,
  string,
];
test("arrays come back as they were sent, also empty ones, far larger ones and nulls", async () => {
  await sql`create table arrays (ids uuid[], numbers int[], small smallint[], texts text[], times timestamptz(3)[])`;
  const ids = Array.from({ length: 5000 }, (_, n) => a.slice(0, -4) + String(n).padStart(4, "0"));
  const rows = [
    {
      ids,
      numbers: [0, -1, 2 ** 31 - 1, -(2 ** 31)],
      small: [-7],
      texts: ['é"{}', undefined],
      times: [1e12 + 1],
    },
    { ids: [], numbers: [], small: [], texts: [], times: [] },
  ];
  for (const { ids, numbers, small, texts, times } of rows) {
    await bulk.send({
      copies: [],
      statement: "insert into arrays values ($1, $2, $3, $4, $5)",
      values: [
        (out) => out.array(2950, ids.length, () => ids.map((id) => out.uuid(id))),
        (out) => out.array(23, numbers.length, () => numbers.map((one) => out.integer(one))),
        (out) => out.array(21, small.length, () => small.map((one) => out.smallint(one))),
        (out) => out.array(25, texts.length, () => texts.map((text) => out.text(text))),
        (out) => out.array(1184, times.length, () => times.map((at) => out.time(at))),
      ],
    });
  }
  expect(
    await sql`select ids, numbers, small, to_json(texts) as texts, times from arrays order by cardinality(ids) desc`,
  ).toEqual(
    rows.map(({ texts, times, ...rest }) => ({
      ...rest,
      texts: texts.map((text) => text ?? null),
      times: times.map((at) => new Date(at)),
    })),
  );
});

test("several statements are stored together, or none of them, and the connection goes on", async () => {
  const stored = async () => [
    (await sql`select id from copied order by id`).map(({ id }) => id),
    (await sql`select note from notes`).map(({ note }) => note),
  ];
  await send([copyId(a), copyId(b)], "stored");
  const backend = async () =>
    (await scratch.owner`select pid from pg_stat_activity where application_name = 'test-bulk'`)
      .map(({ pid }) => pid)
      .join();
  const first = await backend();
  const ofNothing = { statement: "copy nothing from stdin", write: copyId(c).write };
  const refused: [() => Promise<void>, string][] = [
    [() => send([copyId(a), copyId(c)], "kept"), "23505"],
    [() => send([copyId(c), copyId(a)], "kept"), "23505"],
    [() => send([copyOf((rows) => rows.row(1)), copyId(c)], "kept"), "22P04"],
    [() => send([copyId(c), ofNothing, copyId(c)], "kept"), "42P01"],
    [() => bulk.send({ copies: [copyId(c)], statement: "select 1 / 0", values: [] }), "22012"],
    [() => bulk.send({ copies: [copyId(c)], statement: "no statement", values: [] }), "42601"],
  ];
  for (const [sent, code] of refused) {
    await expect(sent()).rejects.toMatchObject({ code });
    // Of which a new statement is prepared, too.
    await bulk.send({ copies: [], statement: `select '${code}'`, values: [] });
    expect(await backend()).toBe(first);
  }
  const unwritten = () => {
    throw new Error("no such row");
  };
  const broken = send([copyId(c), copyOf(unwritten)], "kept");
  await expect(broken).rejects.toThrow("no such row");
  expect(await stored()).toEqual([[a, b], ["stored"]]);
  await send([], "again");
  expect([await stored(), await backend()]).toEqual([
    [
      [a, b],
      ["stored", "again"],
    ],
    first,
  ]);
  await expect(send([copyId(c)], "one", "too many")).rejects.toMatchObject({ code: "08P01" });
  expect(await stored()).toEqual([
    [a, b],
    ["stored", "again"],
  ]);
});

test.each([
  ["integer", 2 ** 31],
  ["integer", 0.5],
  ["smallint", 32_768],
  ["smallint", Number.NaN],
] as const)("%s refuses %d", (type, value) => {
  expect(() => new CopyRows()[type](value)).toThrow(RangeError);
});

test("rows far larger than a socket takes at once arrive, also behind some that were refused", async () => {
  const large = (rows: CopyRows) => {
    for (let n = 0; n < 40; n += 1) rows.text("x".repeat(n === 0 ? 20_000_000 : 0));
  };
  await sql`create table large (${sql.unsafe(Array.from({ length: 40 }, (_, n) => `c${n} text`).join())})`;
  const row = (rows: CopyRows) => {
    rows.row(40);
    large(rows);
  };
  const copyLarge = { statement: "copy large from stdin (format binary)", write: row };
  const sent = send([copyId(a), copyLarge]);
  await expect(sent).rejects.toMatchObject({ code: "23505" });
  await Promise.all([send([copyLarge]), send([copyLarge])]);
  expect(await sql`select sum(length(c0))::int as sum from large`).toEqual([{ sum: 40_000_000 }]);
});

test("a connection that ends is told, in the middle and before, and opened anew", async () => {
  const endAll = () => scratch.owner`
    select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'test-bulk'`;
  const sleeping = bulk.send({ copies: [], statement: "select pg_sleep(30)", values: [] });
  const ended = expect(sleeping).rejects.toSatisfy(isDatabaseUnavailable);
  await expect
    .poll(
      () => scratch.owner`
      select 1 from pg_stat_activity where application_name = 'test-bulk' and query like '%sleep%'`,
    )
    .toHaveLength(1);
  await endAll();
  await ended;
  await send([], "anew");
  await endAll();
  await expect
    .poll(() =>
      send([], "anew").then(
        () => "stored",
        () => "lost",
      ),
    )
    .toBe("stored");
});

test("what takes connections and ends them is told as no database, after one attempt", async () => {
  let connections = 0;
  const ending = createServer((socket) => {
    connections += 1;
    socket.end();
  }).listen(0, "127.0.0.1");
  await once(ending, "listening");
  const { port } = ending.address() as AddressInfo;
  const options = { applicationName: "test-ended", parameters: {} };
  const ended = createBulk({ ...scratch.facts, host: "127.0.0.1", port }, 1, options);
  await expect(ended.send({ copies: [], statement: "select 1", values: [] })).rejects.toSatisfy(
    isDatabaseUnavailable,
  );
  expect(connections).toBe(1);
  await ended.close();
  ending.close();
});

test("a database that does not answer is given up, and asked again over another connection", async () => {
  const options = { applicationName: "test-silent", parameters: {}, answerMilliseconds: 3000 };
  const silent = createBulk(scratch.facts, 1, options);
  const asked = (statement: string) => silent.send({ copies: [], statement, values: [] });
  await expect(asked("select pg_sleep(30)")).rejects.toSatisfy(isDatabaseUnavailable);
  await asked("select 1");
  await silent.close();
});
