import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { migrationsFolder } from "../../../apps/api/test/postgres.ts";
import { splitMigrations } from "../src/backup/fresh-database.ts";
import { openSnapshot } from "../src/backup/snapshot.ts";
import { findTables } from "../src/backup/tables.ts";
import { createScratchDatabase, type ScratchDatabase } from "./scratch-database.ts";

const user = "01890000-0000-7000-8000-000000000001";
const other = "01890000-0000-7000-8000-000000000002";
let scratch: ScratchDatabase;

beforeAll(async () => {
  scratch = await createScratchDatabase();
  const { owner } = scratch;
  await owner`
    insert into users (id, email, display_name, password_hash, role, created_at)
    values (${user}, 'a@example.org', 'A', '', 'member', now()), (${other}, 'b@example.org', 'B', '', 'member', now())`;
  // In another order of commits than of positions.
  for (const [owner_, xid] of [
    [user, 50],
    [user, 40],
    [other, 45],
    [user, 60],
    [user, 40],
  ] as const) {
    await owner`
      insert into receipts (user_id, batch_id, commit_xid, event_ids, event_times)
      values (${owner_}, gen_random_uuid(), ${String(xid)}::text::xid8, '{}', '{}')`;
  }
});
afterAll(() => scratch.drop());

/** What a backup holds of a table. */
async function carried(name: string) {
  const tables = await findTables(scratch.owner);
  const { select } = tables.find((one) => one.name === name) ?? { select: "select 1 where false" };
  return scratch.owner.unsafe(select);
}

describe("what a backup carries", () => {
  test("receipts in their order of commits, without the transactions of this cluster", async () => {
    const before = await scratch.owner`
      select batch_id from receipts where user_id = ${user} order by commit_xid, position`;
    const rows = [...(await carried("public.receipts"))]
      .filter((row) => row.user_id === user)
      .sort((a, b) => Number(a.position) - Number(b.position));
    expect(rows.map((row) => row.batch_id)).toEqual(before.map((row) => row.batch_id));
    expect(rows.map((row) => [row.commit_xid, row.position])).toEqual(
      [1, 2, 3, 4].map((place) => ["0", String(place)]),
    );
  });

  test("the place of a rule between the same receipts", async () => {
    const { owner } = scratch;
    const rule = (seen: [number, number], earlier: [number, number] | null) => owner`
      insert into alert_rules (id, user_id, name, query, threshold, window_minutes, cooldown_minutes, email,
        webhook_ids, seen_xid, seen_position, earlier_xid, earlier_position, next_check_at, created_at, updated_at)
      select gen_random_uuid(), ${user}, 'r', '', 1, 1, 1, false, '{}',
        ${String(seen[0])}::text::xid8, coalesce((select position from receipts
          where user_id = ${user} order by commit_xid, position offset ${seen[1]} limit 1), 0),
        ${earlier ? String(earlier[0]) : null}::text::xid8, ${earlier?.[1] ?? null}::bigint, now(), now(), now()`;
    await rule([50, 2], null);
    await rule([55, 99], [45, 0]);
    const rows = [...(await carried("public.alert_rules"))];
    const places = rows.map((row) => [
      row.seen_xid,
      row.seen_position,
      row.earlier_xid,
      row.earlier_position,
      row.written_xid,
    ]);
    // Three of four were seen in both; of the second, the first two are yet to be counted.
    expect(places).toEqual([
      ["0", "3", null, null, "0"],
      ["0", "3", "0", "3", "0"],
    ]);
  });

  test("no other column of transaction ids, and each table once, behind those it names", async () => {
    const tables = await findTables(scratch.owner);
    const names = tables.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.indexOf("public.users")).toBeLessThan(names.indexOf("public.sessions"));
    expect(names).not.toContain("public.event_ids_all");
    await scratch.owner`create table seen_somewhere (xid xid8)`;
    await expect(findTables(scratch.owner)).rejects.toThrow(
      "public.seen_somewhere.xid holds transaction ids",
    );
    await scratch.owner`drop table seen_somewhere`;
  });
});

test("tables of every length come out whole, one after another", async () => {
  const { owner, facts } = scratch;
  // Around what the driver holds back at, and pauses its socket.
  for (const kilobytes of [1, 15, 16, 17, 31, 33, 63, 64, 65, 127, 300]) {
    await owner.unsafe(`create table of_${kilobytes} (text text)`);
    await owner.unsafe(
      `insert into of_${kilobytes} select repeat('x', 1023) from generate_series(1, ${kilobytes})`,
    );
  }
  const snapshot = await openSnapshot(facts);
  try {
    for (const table of snapshot.tables) {
      let bytes = 0;
      for await (const chunk of snapshot.copyOut(table)) bytes += chunk.length;
      const [, kilobytes] = /^public\.of_(\d+)$/.exec(table.name) ?? [];
      if (kilobytes) expect(bytes).toBe(Number(kilobytes) * 1024);
    }
  } finally {
    await snapshot.close();
  }
});

test("migrations are told apart by what they hold, not by how many there are", async () => {
  const folder = await mkdtemp(join(tmpdir(), "muniment-migrations-"));
  try {
    const [row] = await scratch.owner`
      select array_agg(hash order by created_at, id) as migrations from drizzle.__drizzle_migrations`;
    const head = { migrations: row?.migrations as string[], product: "0.1.0" };
    expect(splitMigrations(head, migrationsFolder).since).toEqual([]);
    await cp(migrationsFolder, folder, { recursive: true });
    const journalPath = join(folder, "meta/_journal.json");
    const journal = JSON.parse(await readFile(journalPath, "utf8"));
    journal.entries.pop();
    await writeFile(journalPath, JSON.stringify(journal));
    expect(() => splitMigrations(head, folder)).toThrow("another version");
    const older = { ...head, migrations: head.migrations.slice(0, -2) };
    expect(splitMigrations(older, folder).since).toHaveLength(1);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
