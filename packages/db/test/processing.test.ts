import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { getTableName } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { declarations, recordOfProcessing } from "../src/processing/record.ts";
import { retentions } from "../src/processing/retention.ts";
import { openScratchDatabase } from "./scratch-database.ts";

let scratch: Awaited<ReturnType<typeof openScratchDatabase>>;
beforeAll(async () => {
  scratch = await openScratchDatabase();
});
afterAll(() => scratch.drop());

describe("the record of processing", () => {
  test("declares every table and column there is, and no other", async () => {
    const rows = await scratch.owner`
      select c.relname as table, array_agg(a.attname::text order by a.attname) as columns
      from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      group by 1`;
    const declared = Object.fromEntries(
      recordOfProcessing.map(({ table, columns }) => [
        table,
        columns.map(({ name }) => name).sort(),
      ]),
    );
    const there = Object.fromEntries(rows.map(({ table, columns }) => [table, columns.sort()]));
    // Declare what is missing in packages/db/src/processing: what it is for, how long it is kept, whose it is.
    expect(declared).toEqual(there);
  });

  test("gives every column a purpose, and every table a basis and a retention", () => {
    for (const { table, purpose, basis, retention, columns } of recordOfProcessing) {
      expect([table, purpose, basis, retention]).not.toContain("");
      expect(columns.filter((column) => column.purpose === "")).toEqual([]);
    }
  });

  test("says whose a row is wherever a column names a user", () => {
    const others = ["event_import_pieces", "export_pieces"];
    const unowned = declarations.filter(
      ({ owner, columns }) => owner === null && ("userId" in columns || "aboutUserId" in columns),
    );
    expect(unowned.map(({ table }) => getTableName(table))).toEqual(others);
  });

  test("names for each retention what enforces it, and that exists", async () => {
    const functions = await scratch.owner`
      select proname from pg_proc where pronamespace = 'public'::regnamespace`;
    const known = new Set(functions.map(({ proname }) => proname));
    const source = fileURLToPath(new URL("../../../apps/api/src", import.meta.url));
    const files = await readdir(source, { recursive: true });
    const texts = await Promise.all(
      files
        .filter((name) => name.endsWith(".ts"))
        .map((name) => readFile(`${source}/${name}`, "utf8")),
    );
    const code = texts.join("\n");
    for (const { by } of Object.values(retentions)) {
      if (by === "erasure") continue;
      const isFunction = by.includes("_");
      if (isFunction) expect(known).toContain(by);
      // Something calls the function, or runs the job.
      expect(code).toMatch(
        isFunction ? new RegExp(`select ${by}\\(`) : new RegExp(`every\\("${by}"`),
      );
    }
  });
});

describe("deleting a user", () => {
  /** Tables whose rows of a user no foreign key takes: a job does, or their own table's rows do. */
  const byJob = [
    "agent_counter_changes",
    "agent_counters",
    "agent_sequences",
    "event_chunks",
    "event_count_changes",
    "event_counts",
    "event_ids",
    "event_index",
    "events",
    "receipts",
  ];
  const withAnother = {
    event_import_pieces: "event_imports",
    event_import_rejects: "event_imports",
    export_pieces: "exports",
    refresh_tokens: "sessions",
  };

  test("reaches every table with a user's rows", async () => {
    const rows = await scratch.owner`
      select c.relname as table, exists (
        select from pg_constraint k where k.conrelid = c.oid and k.confrelid = 'users'::regclass
          and k.confdeltype = 'c' and a.attnum = any (k.conkey)) as cascades
      from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname in ('user_id', 'about_user_id')
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      order by 1`;
    const without = rows.filter(({ cascades }) => !cascades).map(({ table }) => table);
    expect(without).toEqual([...byJob, ...Object.keys(withAnother)].sort());
    for (const [table, other] of Object.entries(withAnother)) {
      const through = await scratch.owner`
        select 1 from pg_constraint where conrelid = ${table}::text::regclass
          and confrelid = ${other}::text::regclass and confdeltype = 'c'`;
      expect([table, through.length]).toEqual([table, 1]);
    }
  });

  test("is done by the job for all that it is left to", async () => {
    const source = new URL(
      "../../../apps/api/src/features/events/delete-user-events.ts",
      import.meta.url,
    );
    const text = await readFile(fileURLToPath(source), "utf8");
    const names = byJob.map((name) =>
      name.replaceAll(/_(.)/g, (_, letter) => letter.toUpperCase()),
    );
    for (const name of names) expect(text).toContain(name);
  });
});
