import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import fc from "fast-check";
import type postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bulk, createBulk } from "../src/bulk.ts";
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

const prepare = "prepare note (text) as insert into notes values ($1)";
const copyAll = "copy copied from stdin (format binary)";
const copyIds = "copy copied (id) from stdin (format binary)";
const send = (statements: string, ...copies: ((rows: CopyRows) => void)[]) =>
  bulk.send({ prepare, statements, copies });

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
      await send(copyAll, (rows) => {
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
      });
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

const [a, b, c] = [1, 2, 3].map((n) => `01890000-0000-7000-8000-00000000000${n}`) as [
  string,
  string,
  string,
];
const idRow = (id: string) => (rows: CopyRows) => {
  rows.row(1);
  rows.uuid(id);
};

test("several statements are stored together, or none of them, and the connection goes on", async () => {
  const stored = async () => [
    (await sql`select id from copied order by id`).map(({ id }) => id),
    (await sql`select note from notes`).map(({ note }) => note),
  ];
  const both = `${copyIds};${copyIds};execute note('stored')`;
  await send(both, idRow(a), idRow(b));
  const refused: [Promise<void>, string][] = [
    [send(both, idRow(a), idRow(c)), "23505"],
    [send(both, idRow(c), idRow(a)), "23505"],
    [send(both, (rows) => rows.row(1), idRow(c)), "22P04"],
    [send(`${copyIds};copy nothing from stdin`, idRow(c), idRow(c)), "42P01"],
    [send(`${copyIds};execute unknown('note')`, idRow(c)), "26000"],
    [send(`${copyIds};execute note('a', 'b')`, idRow(c)), "42601"],
  ];
  for (const [sent, code] of refused) await expect(sent).rejects.toMatchObject({ code });
  const broken = send(both, () => {
    throw new Error("no such row");
  });
  await expect(broken).rejects.toThrow("no such row");
  expect(await stored()).toEqual([[a, b], ["stored"]]);
  await send("execute note('again')");
  expect(await stored()).toEqual([
    [a, b],
    ["stored", "again"],
  ]);
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
  const statement = "copy large from stdin (format binary)";
  const sent = send(`${copyIds};${statement}`, idRow(a), row);
  await expect(sent).rejects.toMatchObject({ code: "23505" });
  await Promise.all([send(statement, row), send(statement, row)]);
  expect(await sql`select sum(length(c0))::int as sum from large`).toEqual([{ sum: 40_000_000 }]);
});

test("a connection that ends is told, in the middle and before, and opened anew", async () => {
  const endAll = () => scratch.owner`
    select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'test-bulk'`;
  const ended = expect(send("select pg_sleep(30)")).rejects.toSatisfy(isDatabaseUnavailable);
  await expect
    .poll(
      () => scratch.owner`
      select 1 from pg_stat_activity where application_name = 'test-bulk' and query like '%sleep%'`,
    )
    .toHaveLength(1);
  await endAll();
  await ended;
  await send("execute note('anew')");
  await endAll();
  await expect
    .poll(() =>
      send("execute note('anew')").then(
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
  await expect(ended.send({ prepare, statements: "select 1", copies: [] })).rejects.toSatisfy(
    isDatabaseUnavailable,
  );
  expect(connections).toBe(1);
  await ended.close();
  ending.close();
});

test("a database that does not answer is given up, and asked again over another connection", async () => {
  const options = { applicationName: "test-silent", parameters: {}, answerMilliseconds: 3000 };
  const silent = createBulk(scratch.facts, 1, options);
  const asked = (statements: string) => silent.send({ prepare, statements, copies: [] });
  await expect(asked("select pg_sleep(30)")).rejects.toSatisfy(isDatabaseUnavailable);
  await asked("select 1");
  await silent.close();
});
