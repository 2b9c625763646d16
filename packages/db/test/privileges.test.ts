import { randomUUID } from "node:crypto";
import type postgres from "postgres";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { connect } from "../src/connection.ts";
import { roleNames } from "../src/role-names.ts";
import { prepareRoles } from "../src/roles.ts";
import { createScratchDatabase, openScratchDatabase } from "./scratch-database.ts";

let scratch: Awaited<ReturnType<typeof openScratchDatabase>>;
let app: postgres.Sql;
let ingest: postgres.Sql;
beforeAll(async () => {
  scratch = await openScratchDatabase();
  app = connect(scratch.connections.app, { max: 1, applicationName: "test-app" });
  ingest = connect(scratch.connections.ingest, { max: 1, applicationName: "test-ingest" });
  await scratch.owner`insert into audit_entries ${scratch.owner(entry())}`;
});
afterAll(async () => {
  await Promise.all([app.end({ timeout: 2 }), ingest.end({ timeout: 2 })]);
  await scratch.drop();
});

const entry = () => ({
  id: randomUUID(),
  at: new Date(),
  actor_kind: "system",
  action: "limit.reset",
  outcome: "success",
  details: {},
  personal: {},
});

/** Not allowed (42501), or not the owner's (the same code in PostgreSQL). */
const refused = { code: "42501" };

describe("the application's role", () => {
  test("adds audit entries and reads them", async () => {
    await app`insert into audit_entries ${app(entry())}`;
    expect((await app`select 1 from audit_entries`).length).toBeGreaterThan(1);
  });

  test.each([
    "update audit_entries set action = 'x'",
    "update audit_entries set personal = '{}'",
    "delete from audit_entries",
    "truncate audit_entries",
    "insert into audit_entries select * from audit_entries on conflict (id) do update set action = 'x'",
    "merge into audit_entries a using audit_entries b on a.id = b.id when matched then delete",
    "lock table audit_entries in access exclusive mode",
    "drop table audit_entries",
    "alter table audit_entries rename to gone",
    "alter table audit_entries disable trigger all",
    "create rule r as on insert to audit_entries do instead nothing",
    "create trigger t before insert on audit_entries execute function pg_trigger()",
    "update audit_log set action = 'x'",
    "delete from audit_log",
  ])("cannot rewrite the audit log: %s", async (statement) => {
    const before = await scratch.owner`select * from audit_entries order by id`;
    await expect(app.unsafe(statement)).rejects.toThrow();
    expect(await scratch.owner`select * from audit_entries order by id`).toEqual(before);
  });

  test.each(["audit_leaves", "audit_subtrees", "audit_checkpoints"])(
    "adds to %s and cannot change or remove what is in it",
    async (table) => {
      const [column] = await scratch.owner`
        select attname from pg_attribute where attrelid = ${table}::regclass and attnum = 1`;
      for (const statement of [
        `update ${table} set ${column?.attname} = 0`,
        `delete from ${table}`,
        `truncate ${table}`,
        `drop table ${table}`,
        `alter table ${table} disable trigger all`,
      ])
        await expect(app.unsafe(statement)).rejects.toMatchObject(refused);
      await expect(ingest.unsafe(`select * from ${table}`)).rejects.toMatchObject(refused);
      await app.unsafe(`insert into ${table} select * from ${table}`);
    },
  );

  test.each([
    "alter table users add column x text",
    "alter table agents disable row level security",
    "alter table agents no force row level security",
    "drop policy owner on agents",
    "create policy mine on agents using (true)",
    "create table mine (x text)",
    "create schema mine",
    "create role mine",
    "create extension pgcrypto",
    "create function f() returns int language sql as 'select 1'",
    "create or replace function current_user_id() returns uuid language sql as 'select null::uuid'",
    "set session_replication_role = replica",
    "set role pg_read_all_data",
    "set session authorization muniment_owner",
    "select pg_read_file('/etc/passwd')",
    "copy users to program 'cat'",
    "select * from pg_authid",
    "select lo_import('/etc/passwd')",
    "insert into event_storage values (false, now())",
    "update event_storage set monthly_from = now()",
    "update fingerprint_key set key = 'known'",
    "select * from drizzle.__drizzle_migrations",
    "truncate users",
  ])("cannot change what it stands on: %s", async (statement) => {
    await expect(app.unsafe(statement)).rejects.toMatchObject(refused);
  });

  test("has nothing that it could grant", async () => {
    const rights = () => scratch.owner`
      select relname, relacl::text from pg_class where relnamespace = 'public'::regnamespace order by 1`;
    const before = await rights();
    // PostgreSQL only warns where there is nothing to give.
    await app`grant all on audit_entries, users, sessions to public`;
    await app.unsafe(`grant all on audit_entries to ${scratch.connections.ingest.username}`);
    expect(await rights()).toEqual(before);
  });

  test("is nobody special", async () => {
    const names = roleNames(scratch.facts.database);
    const roles = await scratch.owner`
      select rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication from pg_roles
      where rolname in (${scratch.connections.app.username}, ${scratch.connections.ingest.username},
        ${names.appGroup}, ${names.ingestGroup})`;
    expect(roles).toHaveLength(4);
    for (const role of roles) expect(Object.values(role)).toEqual(Array(5).fill(false));
    const owned = await scratch.owner`
      select relname from pg_class where relowner = (select oid from pg_roles where rolname = ${scratch.connections.app.username})`;
    expect(owned).toEqual([]);
  });

  test("cannot go round the policies of events and ids by way of a partition, which ingest may only fill", async () => {
    const parts = await scratch.owner`
      select inhrelid::regclass::text as name from pg_inherits
      where inhparent in ('events'::regclass, 'event_ids'::regclass)`;
    expect(parts.map(({ name }) => name)).toContain("event_ids_all");
    expect(parts.length).toBeGreaterThan(1);
    const [made] = await app`select ensure_event_partition('2001-01-01Z') as name`;
    for (const { name } of [...parts, { name: made?.name }]) {
      const privileges = (role: string) => scratch.owner`
        select array(
          select p from unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES',
            'TRIGGER']) as p
          where has_table_privilege(${role}, ${name}::text, p)
        )::text as may`;
      expect(await privileges(scratch.connections.app.username)).toEqual([{ may: "{}" }]);
      expect(await privileges(scratch.connections.ingest.username)).toEqual([{ may: "{INSERT}" }]);
      await expect(app`select 1 from ${app(name)}`).rejects.toMatchObject(refused);
      await expect(ingest`select 1 from ${ingest(name)}`).rejects.toMatchObject(refused);
    }
  });

  test("cannot fill the disk with partitions", async () => {
    const parts = async () =>
      Number(
        (
          await scratch.owner`select count(*) from pg_inherits where inhparent = 'events'::regclass`
        )[0]?.count,
      );
    for (let year = 2000; year <= new Date().getFullYear(); year += 1)
      await app`select ensure_event_partition(${`${year}-06-15`}::text::timestamptz)`.catch(
        () => {},
      );
    for (const at of ["1999-12-31", "0001-01-01", "infinity", "-infinity", "9999-12-31"])
      await expect(app`select ensure_event_partition(${at}::text::timestamptz)`).rejects.toThrow();
    await expect(app`select ensure_event_partition(null)`).rejects.toThrow();
    expect(await parts()).toBeLessThan(2 * 12 + (new Date().getFullYear() - 1999));
  });
});

describe("the ingest role", () => {
  test.each([
    "select * from events",
    "select * from users",
    "select * from sessions",
    "select * from api_keys",
    "select * from audit_entries",
    "insert into audit_entries select * from audit_entries",
    "update events set type = 'x'",
    "delete from events",
    "delete from event_ids",
    "update event_ids set digest = ''",
    "select occurred_at from event_ids",
    "delete from agent_counters",
    "insert into agent_counters select * from agent_counters",
    "update agent_counters set sent = 0",
    "select * from agent_counters",
    "select * from agent_counter_changes",
    "update agent_counter_changes set sent = 0",
    "select * from agent_sequences",
    "select fold_agent_counters(1)",
    "update receipts set batch_id = batch_id",
    "insert into users select * from users",
    "select touch_api_keys('[]')",
    "select hold_api_keys('{}')",
    "select delete_verdicts_about('{}')",
    "select is_page_origin('https://a.example')",
    "select delete_expired_sessions()",
    "select delete_expired_challenges()",
    "select delete_expired_links()",
    "select * from totp_factors",
    "select * from recovery_codes",
    "select * from known_devices",
    "select * from sign_ins",
    "select delete_old_sign_ins()",
    "select * from passkeys",
    "select * from challenges",
    "select * from user_overview(array[]::uuid[])",
    "select * from api_key_totals(now())",
    "create table mine (x text)",
  ])("may not: %s", async (statement) => {
    await expect(ingest.unsafe(statement)).rejects.toMatchObject(refused);
  });
});

test("a role without our groups may do nothing at all", async () => {
  const name = `${scratch.facts.database}_stranger`;
  await scratch.owner.unsafe(`create role ${name} login password 'stranger'`);
  const facts = { ...scratch.facts, username: name, password: "stranger" };
  const early = connect(facts, { max: 1, applicationName: "test-stranger" });
  await expect(early`select 1`).rejects.toMatchObject(refused);
  await early.end({ timeout: 2 });
  // Let in by an operator, it still has nothing.
  await scratch.owner.unsafe(`grant connect on database ${scratch.facts.database} to ${name}`);
  const stranger = connect(facts, { max: 1, applicationName: "test-stranger" });
  try {
    for (const statement of [
      "select * from users",
      "select * from audit_log",
      "select touch_api_keys('[]')",
      "select is_page_origin('https://a.example')",
      "select * from user_overview(array[]::uuid[])",
      "select * from api_key_totals(now())",
      "select ensure_event_partition(now())",
      "create table mine (x text)",
    ])
      await expect(stranger.unsafe(statement)).rejects.toMatchObject(refused);
  } finally {
    await stranger.end({ timeout: 2 });
    await scratch.owner.unsafe(`drop owned by ${name}; drop role ${name}`);
  }
});

test("functions that cross users have a fixed search path", async () => {
  const functions = await scratch.owner`
    select proname, proconfig from pg_proc
    where prosecdef and pronamespace = 'public'::regnamespace order by 1`;
  expect(functions.length).toBeGreaterThan(3);
  for (const { proname, proconfig } of functions)
    expect([proname, proconfig?.[0]]).toEqual([proname, "search_path=public, pg_temp"]);
});

test("preparing the roles again, or eight times at once, changes nothing", async () => {
  const password = (role: string) => [`${role} in a test run`];
  const rights = () => scratch.owner`
    select c.relname, c.relacl::text, (select count(*)::int from pg_policy p where p.polrelid = c.oid) as policies
    from pg_class c where relnamespace = 'public'::regnamespace order by 1`;
  const before = await rights();
  await Promise.all(Array.from({ length: 8 }, () => prepareRoles(scratch.facts, null, password)));
  expect(await rights()).toEqual(before);
  expect(await app`select 1 as one`).toEqual([{ one: 1 }]);
});

test("a start does not change a password that nodes with another ring may be using", async () => {
  const other = await openScratchDatabase();
  const start = async (...passwords: string[]) =>
    (await prepareRoles(other.facts, null, () => passwords)).connections.app.password;
  try {
    expect(await start("old")).toBe("old");
    expect(await start("old", "new")).toBe("old");
    expect(await start("new")).toBe("new");
    expect(await start("old", "new")).toBe("new");
  } finally {
    await other.drop();
  }
});

test("a node opens connections by its whole ring, also while others give its roles a password of it", async () => {
  const other = await openScratchDatabase();
  const start = async (...passwords: string[]) =>
    (await prepareRoles(other.facts, null, () => passwords)).connections;
  const open = (facts: Awaited<ReturnType<typeof start>>["app"]) =>
    connect(facts, { max: 8, applicationName: "test" });
  const askAll = (sql: postgres.Sql) =>
    Promise.all(Array.from({ length: 8 }, () => sql`select pg_sleep(0.05), 1 as one`));
  await start("old");
  const pools = Object.values(await start("new", "old")).map(open);
  try {
    for (const sql of pools) await sql`select 1`;
    await start("new");
    for (const sql of pools)
      expect((await askAll(sql)).map(([row]) => row?.one)).toEqual(Array(8).fill(1));
  } finally {
    await Promise.all(pools.map((sql) => sql.end({ timeout: 2 })));
    await other.drop();
  }
});

test("a role of a needed name that somebody else made is refused, not taken over", async () => {
  const other = await createScratchDatabase();
  const { app: name, appGroup } = roleNames(other.facts.database);
  await other.owner.unsafe(`create role ${name} login password 'theirs'`);
  const hash = () => other.owner`select rolpassword from pg_authid where rolname = ${name}`;
  const before = await hash();
  try {
    const attempt = prepareRoles(other.facts, null, () => ["ours"]);
    await expect(attempt).rejects.toThrow(`GRANT "${appGroup}" TO "${name}"`);
    expect(await hash()).toEqual(before);
  } finally {
    await other.drop();
  }
});

test("the roles of one database cannot enter another, nor a copy of their own", async () => {
  const [first, second] = [await openScratchDatabase(), await openScratchDatabase()];
  const copy = `${first.facts.database}_copy`;
  const server = connect(inject("postgres"), { max: 1, applicationName: "test" });
  try {
    await first.database.close();
    await first.owner.end();
    await server.unsafe(`create database ${copy} template ${first.facts.database}`);
    await prepareRoles({ ...first.facts, database: copy }, null, () => ["copied"]);
    for (const role of Object.values(first.connections))
      for (const database of [second.facts.database, copy]) {
        const sql = connect({ ...role, database }, { max: 1, applicationName: "test" });
        await expect(sql`select 1`).rejects.toMatchObject(refused);
        await sql.end({ timeout: 2 });
      }
    const owner = connect({ ...first.facts, database: copy }, { max: 1, applicationName: "test" });
    const policies = await owner`
      select distinct array_to_string(roles, ',') as roles from pg_policies where policyname like 'ingest%'`;
    await owner.end({ timeout: 2 });
    expect(policies).toEqual([{ roles: roleNames(copy).ingestGroup }]);
  } finally {
    await server.unsafe(`drop database if exists ${copy} with (force)`);
    for (const role of Object.values(roleNames(copy)))
      await server.unsafe(`drop role if exists ${role}`);
    await server.end({ timeout: 2 });
    await Promise.all([first.drop(), second.drop()]);
  }
});
