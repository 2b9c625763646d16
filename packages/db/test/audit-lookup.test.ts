import { expect, test } from "vitest";
import { connect } from "../src/connection.ts";
import { databaseBefore } from "./migrations-before.ts";
import { openScratchDatabase } from "./scratch-database.ts";

type Owner = Awaited<ReturnType<typeof openScratchDatabase>>["owner"];

const insert = (owner: Owner, label: string, details = {}) => owner`
  insert into audit_entries (id, at, actor_kind, actor_id, action, target_kind, target_id, outcome, details, personal)
  values (gen_random_uuid(), now(), 'user', gen_random_uuid(), 'agent.created', 'agent', ${label}, 'success',
    ${owner.json(details)}, '{}')`;

test("entries keep their places, which say what they are found by from then on", async () => {
  await using database = await databaseBefore("found_by_leaves");
  const { owner } = database;
  await insert(owner, "plain");
  await insert(owner, "several", { subjects: ["a", "b"] });
  await insert(owner, "anybody", { everyone: true });
  await insert(owner, "deleted");
  await owner`
    insert into audit_leaves (index, entry_id, hash)
    select row_number() over (order by target_id) - 1, id, sha256(target_id::bytea) from audit_entries`;
  await insert(owner, "waiting");
  const placesOf = () => owner`select index::int, entry_id, hash from audit_leaves order by index`;
  const before = await placesOf();
  await owner`delete from audit_entries where target_id = 'deleted'`;

  await database.migrateRest();
  expect(await placesOf()).toEqual(before);
  expect(
    await owner`select target_id, subjects, everyone from audit_leaves order by index`,
  ).toEqual([
    { target_id: "anybody", subjects: null, everyone: true },
    // What tells that it was there.
    { target_id: null, subjects: null, everyone: false },
    { target_id: "plain", subjects: null, everyone: false },
    { target_id: "several", subjects: ["a", "b"], everyone: false },
  ]);
  const found = await owner`
    select l.target_id from audit_lookup l join audit_entries e using (id)
    where (l.at, l.actor_kind, l.actor_id, l.action, l.target_kind, l.outcome)
      = (e.at, e.actor_kind, e.actor_id, e.action, e.target_kind, e.outcome) order by 1`;
  expect(found.map(({ target_id }) => target_id)).toEqual([
    "anybody",
    "plain",
    "several",
    "waiting",
  ]);
});

test("the migration waits for who reads the log, and keeps nobody waiting for it meanwhile", async () => {
  await using database = await databaseBefore("found_by_leaves");
  const { owner, facts } = database;
  await insert(owner, "plain");
  const reader = connect(facts, { max: 1, applicationName: "test-reader" });
  try {
    let migrating: Promise<unknown> | undefined;
    await reader.begin(async (tx) => {
      await tx`select from audit_entries`;
      migrating = database.migrateRest();
      // Until it has come to this migration, whose turn keeps the sealer's from coming.
      const isThere = async () =>
        (await owner`select pg_try_advisory_xact_lock(hashtext('muniment audit log')) as free`)[0]
          ?.free;
      await expect.poll(isThere).toBe(false);
      // In this order readers of before lock the two.
      expect(await tx`select from audit_leaves`).toEqual([]);
    });
    await migrating;
  } finally {
    await reader.end({ timeout: 2 });
  }
  expect(await owner`select target_id from audit_lookup`).toEqual([{ target_id: "plain" }]);
});

test("an entry is found once, wherever the sealer and the server are", async () => {
  const { owner, drop } = await openScratchDatabase();
  try {
    const found = async () =>
      (await owner`select target_id from audit_lookup order by 1`).map((row) => row.target_id);
    const place = (label: string, index: number) => owner`
      insert into audit_leaves (index, entry_id, hash, at, actor_kind, action, target_kind, target_id, outcome, everyone)
      select ${index}, id, '\\x00', at, actor_kind, action, target_kind, target_id, outcome, false
      from audit_entries where target_id = ${label}`;
    const settle = (size: number, settled: string, cluster?: string) => owner`
      insert into audit_checkpoints (size, note, at, settled, cluster)
      select ${size}, 'x', now(), ${settled}::text::xid8, coalesce(${cluster ?? null}, system_identifier::text)
      from pg_control_system()`;
    const xmin = async () =>
      (await owner`select pg_snapshot_xmin(pg_current_snapshot())::text as xmin`)[0]?.xmin;
    await insert(owner, "first");
    await insert(owner, "second");
    expect(await found()).toEqual(["first", "second"]);
    await place("first", 0);
    expect(await found()).toEqual(["first", "second"]);
    await place("second", 1);
    await settle(2, await xmin());
    await insert(owner, "third");
    expect(await found()).toEqual(["first", "second", "third"]);
    // Of this server, but of a time that it has not come to again since a restore.
    await place("third", 2);
    await settle(3, "9000000000000");
    await insert(owner, "fourth");
    expect(await found()).toEqual(["first", "fourth", "second", "third"]);
    // Of another server.
    await settle(4, await xmin(), "another");
    await insert(owner, "fifth");
    expect(await found()).toEqual(["fifth", "first", "fourth", "second", "third"]);
    const [waiting] = await owner`select count(*)::int as many from unsealed_audit_entries()`;
    expect(waiting?.many).toBe(2);
  } finally {
    await drop();
  }
});
