import fc from "fast-check";
import type postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect } from "../src/connection.ts";
import { copyRows, valuesOf } from "../src/copy-rows.ts";
import { isDatabaseUnavailable } from "../src/unavailable.ts";
import { createScratchDatabase } from "./scratch-database.ts";

let scratch: Awaited<ReturnType<typeof createScratchDatabase>>;
let sql: postgres.Sql;
beforeAll(async () => {
  scratch = await createScratchDatabase();
  sql = connect(scratch.facts, { max: 1, applicationName: "test-copy" });
  await sql`create table copied (
    id uuid primary key, at timestamptz(3), small smallint, big bigint, bytes bytea, text text, json jsonb)`;
});
afterAll(async () => {
  await sql.end({ timeout: 2 });
  await scratch.drop();
});

const statement = "copy copied from stdin (format binary)";

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
      await copyRows(sql, statement, (rows) => {
        for (const { id, at, small, big, bytes, text, json } of sent) {
          rows.row(7);
          rows.values(valuesOf((common) => common.uuid(id)));
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

test("refused rows are told with the reason, nothing of them is stored, and the connection goes on", async () => {
  const id = "01890000-0000-7000-8000-000000000001";
  const copyOnce = () =>
    copyRows(sql, "copy copied (id) from stdin (format binary)", (rows) => {
      rows.row(1);
      rows.uuid(id);
    });
  await copyOnce();
  await expect(copyOnce()).rejects.toMatchObject({ code: "23505" });
  await expect(copyRows(sql, statement, (rows) => rows.row(1))).rejects.toMatchObject({
    code: "22P04",
  });
  await expect(copyRows(sql, "copy nothing from stdin", () => {})).rejects.toMatchObject({
    code: "42P01",
  });
  expect(await sql`select id from copied`).toEqual([{ id }]);
});

test("rows that cannot be written are taken back, and a connection that ends is told", async () => {
  const broken = copyRows(sql, statement, () => {
    throw new Error("no such row");
  });
  await expect(broken).rejects.toThrow("no such row");
  const [own] = await sql`select pg_backend_pid() as pid`;
  const ended = copyRows(sql, "select pg_sleep(30); copy copied from stdin", () => {});
  const refusal = expect(ended).rejects.toSatisfy(isDatabaseUnavailable);
  await scratch.owner`select pg_terminate_backend(${own?.pid})`;
  await refusal;
});
