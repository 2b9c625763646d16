import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { databaseBefore } from "./migrations-before.ts";

test("what was counted one by one is counted in rows, with what is still to be added, and nothing twice", async () => {
  await using database = await databaseBefore("event_counts_in_rows");
  const { owner } = database;
  const [user, agent] = [randomUUID(), randomUUID()];
  const store = (counts: number) => owner`
    insert into event_count_changes (user_id, start, agent_id, type, level, count)
    select ${user}, '2026-03-01T00:00Z'::timestamptz + n % 150 * interval '15 minutes', ${agent},
      'type.' || n % 7, n % 5, 1 + n % 3 from generate_series(1, ${counts}::int) n`;
  const fold = () => owner`select fold_event_counts(100000) as folded`;
  await store(1000);
  await fold();
  await store(300);
  const cells = (rows: string) => owner`
    select minutes, apart, start, agent_id, type, level::int, sum(count)::int as count from (
      select minutes, apart, start, agent_id, type, level, count from ${owner.unsafe(rows)}
      union all
      select 15, 3, start, agent_id, type, level, count from event_count_changes
    ) all_cells group by 1, 2, 3, 4, 5, 6 having sum(count) <> 0 order by 1, 2, 3, 4, 5, 6`;
  const known = await cells("event_counts where minutes = 15 and apart = 3");
  expect(known.length).toBeGreaterThan(500);

  await database.migrateRest();
  const inRows = `(
    select minutes, apart, start + (place - 1) / 5 * minutes * interval '1 minute' as start, agent_id, type,
      (place - 1) % 5 as level, count
    from event_counts cross join unnest(counts) with ordinality as cell (count, place)
  ) as cells`;
  const finest = `${inRows} where minutes = 15 and apart = 3`;
  expect(await cells(finest)).toEqual(known);
  expect((await fold())[0]?.folded).toBeGreaterThan(500);
  expect(await cells(finest)).toEqual(known);
  const totals = await owner`
    select minutes, apart, sum(count)::int as count from ${owner.unsafe(inRows)} group by 1, 2`;
  expect(totals).toHaveLength(8);
  const total = known.reduce((sum, { count }) => sum + Number(count), 0);
  for (const { count } of totals) expect(count).toBe(total);
});

test("rows of nothing are deleted only while nobody adds up counts", async () => {
  await using database = await databaseBefore("bounded_upkeep");
  const { owner } = database;
  await owner`
    insert into event_counts (user_id, minutes, apart, start, agent_id, type, counts)
    values (${randomUUID()}, 15, 0, '2026-03-01T00:00Z', ${randomUUID()}, '', array_fill(0::bigint, array[20]))`;
  const { migrated } = await owner.begin(async (adding) => {
    await adding`select pg_advisory_xact_lock(hashtext('event_counts'))`;
    const migrated = database.migrateRest();
    const waiting = () => adding`
      select locktype from pg_locks join pg_database d on d.oid = database
      where d.datname = current_database() and not granted`;
    await expect.poll(waiting).toMatchObject([{ locktype: "advisory" }]);
    return { migrated };
  });
  await migrated;
  expect(await owner`select from event_counts`).toHaveLength(0);
});
