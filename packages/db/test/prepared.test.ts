import { build, textPlaceholder } from "@muniment/db/prepared.ts";
import { eq } from "drizzle-orm";
import { pgTable, text } from "drizzle-orm/pg-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { openScratchDatabase } from "./scratch-database.ts";

const names = pgTable("test_names", { name: text().primaryKey() });
const byName = build
  .select()
  .from(names)
  .where(eq(names.name, textPlaceholder("name")))
  .prepare("by_name");

let scratch: Awaited<ReturnType<typeof openScratchDatabase>>;
beforeAll(async () => {
  scratch = await openScratchDatabase();
  await scratch.owner`create table test_names (name text primary key)`;
  await scratch.owner`grant select on test_names to public`;
  await scratch.owner`insert into test_names select 'name ' || n from generate_series(1, 5000) n`;
});
afterAll(() => scratch.drop());

const find = (name: string) => scratch.database.run(byName, {}, { name: Buffer.from(name) });

test("what users write is looked for as it is, whatever it is", async () => {
  const odd = [
    "it's",
    "a, b",
    "back\\slash",
    '"; drop table test_names; --',
    "\u00e9\u{1f600}",
    "",
  ];
  for (const name of odd) {
    expect(await find(name)).toEqual([]);
    await scratch.owner`insert into test_names values (${name})`;
    expect(await find(name)).toEqual([{ name }]);
  }
});

test("and is found by the index of its column", async () => {
  const uses = async () => {
    const [row] = await scratch.owner`
      select i.idx_scan::int as looks, (seq_tup_read + i.idx_tup_read)::int as rows
      from pg_stat_user_tables t join pg_stat_user_indexes i using (relid)
      where t.relname = 'test_names'`;
    return row as { looks: number; rows: number };
  };
  const before = await uses();
  await vi.waitFor(
    async () => {
      // A connection tells what it did at the first statement a second later.
      expect(await find("name 17")).toHaveLength(1);
      expect((await uses()).looks).toBeGreaterThan(before.looks + 3);
    },
    { timeout: 20_000, interval: 500 },
  );
  expect((await uses()).rows - before.rows).toBeLessThan(100);
});
