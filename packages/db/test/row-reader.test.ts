import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { messageKinds } from "../src/message-connection.ts";
import { openScratchDatabase } from "./scratch-database.ts";

let scratch: Awaited<ReturnType<typeof openScratchDatabase>>;
beforeAll(async () => {
  scratch = await openScratchDatabase();
});
afterAll(() => scratch.drop());

const userId = "01890000-0000-7000-8000-000000000001";
const many = 1_000_000;

/** The values of the rows among messages, as hex. */
function rowsOf(messages: Buffer): (string | null)[][] {
  const rows: (string | null)[][] = [];
  for (let at = 0; at < messages.length; at += 1 + messages.readInt32BE(at + 1)) {
    if (messages[at] !== messageKinds.dataRow) continue;
    let from = at + 7;
    rows.push(
      Array.from({ length: messages.readInt16BE(at + 5) }, () => {
        const length = messages.readInt32BE(from);
        from += 4 + Math.max(length, 0);
        return length < 0 ? null : messages.toString("hex", from - length, from);
      }),
    );
  }
  return rows;
}

const read = (statement: ReturnType<typeof sql>, mostBytes = many) =>
  scratch.database.rows({ userId }, statement, mostBytes);
const hex = (text: string) => Buffer.from(text).toString("hex");

test("rows come in binary form and under the scope, whatever the parameters are", async () => {
  const odd = `it's "\\ é \u{1f600} $1 ; drop`;
  const { messages, isWhole } = await read(
    sql`select ${odd}::text, ${null}::text, ${513}::int4, '{"a":1}'::jsonb, current_user_id()
      from generate_series(1, ${2}::int)`,
  );
  const row = [hex(odd), null, "00000201", `01${hex('{"a": 1}')}`, userId.replaceAll("-", "")];
  expect([rowsOf(messages), isWhole]).toEqual([[row, row], true]);
});

test("what PostgreSQL or the client refuses is told, and nothing of it is left", async () => {
  await expect(read(sql`select 1 / ${0}::int`)).rejects.toMatchObject({ code: "22012" });
  await expect(read(sql`select nothing`)).rejects.toMatchObject({ code: "42703" });
  await expect(read(sql`create table made ()`)).rejects.toMatchObject({ code: "25006" });
  await expect(read(sql`select ${true}`)).rejects.toThrow("a text or a number");
  expect(rowsOf((await read(sql`select 'a'`)).messages)).toEqual([["61"]]);
});

test("an answer that becomes too long is broken off behind a whole row, and the next one is asked for anew", async () => {
  const long = sql`select repeat('x', 100000) from generate_series(1, 1000)`;
  for (let turn = 0; turn < 3; turn += 1) {
    // A little more than a power of two, to which doubling would come twice.
    const most = 1_100_000;
    const { messages, isWhole } = await read(long, most);
    expect(isWhole).toBe(false);
    expect(messages.buffer.byteLength).toBeLessThanOrEqual(most + 65_536);
    const rows = rowsOf(messages);
    expect(rows.length).toBeGreaterThan(8);
    expect(new Set(rows.flat())).toEqual(new Set([hex("x".repeat(100_000))]));
  }
  // One row alone may be longer.
  const { messages } = await read(sql`select repeat('x', 3000000)`);
  expect(rowsOf(messages).map(([value]) => value?.length)).toEqual([6_000_000]);
});

test("statements that nobody waits for one by one are answered each its own", async () => {
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, at) => read(sql`select ${`answer ${at}`}::text`)),
  );
  expect(answers.map(({ messages }) => rowsOf(messages)[0]?.[0])).toEqual(
    answers.map((_, at) => hex(`answer ${at}`)),
  );
});

test("a connection that ends is told, and opened anew", async () => {
  const sleeping =
    "select 1 from pg_stat_activity where query like '%pg_sleep(25)%' and pid <> pg_backend_pid()";
  const ended = expect(read(sql`select pg_sleep(25)`)).rejects.toMatchObject({ code: "57P01" });
  await expect.poll(() => scratch.owner.unsafe(sleeping)).not.toHaveLength(0);
  await scratch.owner`select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = 'muniment-rows' and datname = current_database()`;
  await ended;
  await expect
    .poll(() =>
      read(sql`select 1`).then(
        () => "read",
        () => "lost",
      ),
    )
    .toBe("read");
});
