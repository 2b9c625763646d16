import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeForgottenFiles } from "@muniment/db/forgotten-files.ts";
import { overwriteDeletedRows } from "@muniment/db/overwrite.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openScratchDatabase } from "./scratch-database.ts";

let scratch: Awaited<ReturnType<typeof openScratchDatabase>>;
let directory: string;
let folder: string;
const forgotten = "4000000000";

beforeAll(async () => {
  scratch = await openScratchDatabase();
  directory = await mkdtemp(join(tmpdir(), "muniment-files-"));
  const [row] = await scratch.owner`
    select oid::text from pg_database where datname = current_database()`;
  folder = join(directory, "base", String(row?.oid));
  await mkdir(folder, { recursive: true });
});
afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
  await scratch.drop();
});

/** Runs while a transaction is under way that has made a table, of which nobody else knows the file. */
async function whileTableIsMade(run: (node: string) => Promise<void>) {
  const maker = await scratch.owner.reserve();
  try {
    await maker`begin`;
    await maker`create table made_slowly (id int)`;
    // The simple protocol, beyond whose answer no snapshot is held.
    const sql = "select pg_relation_filenode('made_slowly')::text as node";
    const [row] = await maker.unsafe(sql);
    await run(String(row?.node));
  } finally {
    await maker`rollback`;
    maker.release();
  }
}

test("the file of a table that is being made stays, though the clock was set back since", async () => {
  const cleaner = await scratch.owner.reserve();
  try {
    // Found before that of the catalogue: whatever runs began an hour later than it is now.
    await cleaner`
      create temp view pg_stat_activity as
      select datid, datname, pid, backend_xmin, xact_start + interval '1 hour' as xact_start
      from pg_catalog.pg_stat_activity`;
    await whileTableIsMade(async (node) => {
      await writeFile(join(folder, node), "");
      await expect(removeForgottenFiles(cleaner, directory, 500)).rejects.toThrow("lasts");
      expect(await readdir(folder)).toEqual([node]);
    });
    // It was undone: nothing is under way, and the file is of no table.
    await removeForgottenFiles(cleaner, directory, 10_000);
    expect(await readdir(folder)).toEqual([]);
  } finally {
    await cleaner`drop view if exists pg_temp.pg_stat_activity`;
    cleaner.release();
  }
});

test("no transaction is waited for where every file is of a table", async () => {
  const [row] = await scratch.owner`select pg_relation_filenode('users')::text as node`;
  const names = [String(row?.node), `${row?.node}_fsm`, "PG_VERSION"].sort();
  for (const name of names) await writeFile(join(folder, name), "");
  await whileTableIsMade(async () => {
    await removeForgottenFiles(scratch.owner, directory, 500);
    await writeFile(join(folder, forgotten), "");
    await expect(removeForgottenFiles(scratch.owner, directory, 500)).rejects.toThrow("lasts");
  });
  await removeForgottenFiles(scratch.owner, directory, 10_000);
  expect((await readdir(folder)).sort()).toEqual(names);
});

test("nothing is rewritten, however often it is tried, before the files can be removed", async () => {
  const users = async () => {
    const [row] = await scratch.owner`select pg_relation_filenode('users') as node`;
    return row?.node;
  };
  const before = await users();
  const few = { partitions: [], directory, patienceMilliseconds: 500 };
  await writeFile(join(folder, forgotten), "");
  await whileTableIsMade(async () => {
    await expect(overwriteDeletedRows(scratch.facts, few)).rejects.toThrow("making a table");
  });
  expect(await users()).toBe(before);
  await rm(join(folder, forgotten));
});
