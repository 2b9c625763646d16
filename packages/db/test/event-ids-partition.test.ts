import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { connect } from "../src/connection.ts";
import { prepareRoles } from "../src/roles.ts";
import { databaseBefore } from "./migrations-before.ts";

test("ids that were stored before they had a partition are kept, and nobody gets at them round the policies", async () => {
  await using database = await databaseBefore("event_ids_partition");
  const { facts, roles, owner } = database;
  // As the roles were given their rights then.
  for (const role of [roles.appGroup, roles.ingestGroup]) {
    await owner`create role ${owner(role)}`;
    await owner`grant select, delete on event_ids to ${owner(role)}`;
    await owner`grant select (user_id, id, digest) on event_ids to ${owner(role)}`;
  }
  await owner`create policy ingest_dedupe on event_ids for select to ${owner(roles.ingestGroup)} using (true)`;
  const ids = [randomUUID(), randomUUID()];
  for (const id of ids) {
    await owner`insert into event_ids values (${randomUUID()}, ${id}, now(), 'digest')`;
  }
  const all = () => owner`select *, encode(digest, 'hex') as digest from event_ids order by id`;
  const known = await all();

  await database.migrateRest();
  expect(await all()).toEqual(known);
  const [{ user_id, id } = {}] = known;
  const again = owner`insert into event_ids values (${user_id}, ${id}, now(), 'other')`;
  await expect(again).rejects.toMatchObject({ code: "23505" });
  expect(
    await owner`
    select grantee from information_schema.role_column_grants
    where table_name = 'event_ids_all' and grantee <> current_user`,
  ).toEqual([]);
  const { connections } = await prepareRoles(facts, null, () => ["in a test"]);
  const app = connect(connections.app, { max: 1, applicationName: "test-app" });
  expect(await app`select * from event_ids`).toEqual([]);
  await expect(app`select * from event_ids_all`).rejects.toMatchObject({ code: "42501" });
  await app.end({ timeout: 2 });
});
