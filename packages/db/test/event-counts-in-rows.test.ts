import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { databaseBefore } from "./migrations-before.ts";
import { populate } from "./populate.ts";

test("what is stored is counted by five minutes, too, and what was still to be added up only once", async () => {
  await using database = await databaseBefore("counts_of_five_minutes");
  const { owner } = database;
  const { id: user } = await populate(owner);
  await owner`truncate event_counts, event_count_changes`;
  // In the partition of the one that is there, an event each minute of some hours.
  await owner`
    insert into events (user_id, id, agent_id, api_key_id, batch_id, type, level, occurred_at, received_at)
    select user_id, gen_random_uuid(), agent_id, api_key_id, batch_id, 'type.' || n % 7, n % 5,
      date_trunc('day', occurred_at) + n * interval '1 minute', received_at
    from events cross join generate_series(1, 400) n where user_id = ${user}`;
  await owner`
    insert into event_count_changes (user_id, start, agent_id, type, level, count)
    select user_id, date_bin('15 minutes', occurred_at, '1970-01-01Z'), agent_id, type, level, 1
    from events`;
  expect(await owner`select fold_event_counts(200)`).toHaveLength(1);

  await database.migrateRest();
  expect(await owner`select from event_count_changes`).toHaveLength(0);
  const counted = await owner`
    select minutes, apart, start + (place - 1) / 5 * minutes * interval '1 minute' as start,
      agent_id::text as agent, type, ((place - 1) % 5)::int as level, count::int
    from event_counts cross join unnest(counts) with ordinality as cell (count, place) where count <> 0
    order by 1, 2, 3, 4, 5, 6`;
  const recounted = await owner`
    select m.minutes::smallint as minutes, a.apart::smallint as apart,
      date_bin(m.minutes * interval '1 minute', occurred_at, '1970-01-01Z') as start,
      (case when a.apart & 1 = 1 then agent_id else '00000000-0000-0000-0000-000000000000' end)::text as agent,
      case when a.apart & 2 = 2 then type else '' end as type, level::int, count(*)::int as count
    from events cross join (values (5), (15), (360)) as m (minutes)
    join generate_series(0, 3) as a (apart) on m.minutes > 5 or a.apart = 0
    group by 1, 2, 3, 4, 5, 6 order by 1, 2, 3, 4, 5, 6`;
  expect(counted).toEqual(recounted);
  expect(recounted.length).toBeGreaterThan(500);
});

test("rows of nothing are looked for only while nobody adds up counts", async () => {
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
});
