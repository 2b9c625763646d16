import { randomBytes, randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import type postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect } from "../src/connection.ts";
import { build } from "../src/prepared.ts";
import { agents } from "../src/schema/agents.ts";
import type { Scope } from "../src/scope.ts";
import { type Person, populate } from "./populate.ts";
import { openScratchDatabase } from "./scratch-database.ts";

/** Tables whose rows belong to a user. A new one fails the first test until it stands here. */
const owned = [
  "agent_counter_changes",
  "agent_counters",
  "agent_sequences",
  "agents",
  "alert_firings",
  "alert_notices",
  "alert_rule_counts",
  "alert_rules",
  "api_keys",
  "challenges",
  "event_chunks",
  "event_count_changes",
  "event_counts",
  "event_exports",
  "event_ids",
  "event_import_pieces",
  "event_import_rejects",
  "event_imports",
  "event_index",
  "events",
  "export_pieces",
  "exports",
  "known_devices",
  "link_tokens",
  "passkeys",
  "receipts",
  "recovery_codes",
  "refresh_tokens",
  "saved_views",
  "sessions",
  "sign_ins",
  "totp_factors",
  "uploads",
  "webhook_deliveries",
  "webhooks",
];

/** What the application may not update at all. */
const neverUpdated = [
  "agent_counter_changes",
  "agent_counters",
  "agent_sequences",
  "event_count_changes",
  "event_counts",
  "event_ids",
  "events",
  "receipts",
];

type Scratch = Awaited<ReturnType<typeof openScratchDatabase>>;
let scratch: Scratch;
let app: postgres.Sql;
let ann: Person;
let ben: Person;

beforeAll(async () => {
  scratch = await openScratchDatabase();
  ann = await populate(scratch.owner);
  ben = await populate(scratch.owner);
  app = connect(scratch.connections.app, { max: 1, applicationName: "test-app" });
});
afterAll(async () => {
  await app.end({ timeout: 2 });
  await scratch.drop();
});

/** Whose rows a statement without any condition gets from a table, under a scope. */
async function seen(table: string, scope: Scope): Promise<string[]> {
  const rows = await scratch.database.transaction(scope, (tx) =>
    tx.execute<{ user_id: string }>(sql`select user_id from ${sql.identifier(table)}`),
  );
  return rows.map(({ user_id }) => user_id);
}

const changed = (scope: Scope, statement: ReturnType<typeof sql>) =>
  scratch.database.transaction(scope, async (tx) => (await tx.execute(statement)).count);

test("every table with an owner is known here and protected by the database", async () => {
  const tables = await scratch.owner`
    select c.relname as name, c.relrowsecurity as secured,
      (select count(*)::int from pg_policy p where p.polrelid = c.oid) as policies
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'user_id'
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
    order by 1`;
  expect(tables.map(({ name }) => name)).toEqual(owned);
  for (const { name, secured, policies } of tables) {
    expect([name, secured]).toEqual([name, true]);
    expect(policies).toBeGreaterThan(0);
  }
});

describe.each(owned)("%s", (table) => {
  test("shows nobody's rows without a scope", async () => {
    expect(await seen(table, {})).toEqual([]);
    expect(await seen(table, { userId: "" })).toEqual([]);
    // A bare connection of the application, which never heard of scopes.
    expect(await app`select 1 from ${app(table)}`).toHaveLength(0);
  });

  test("shows a user their own rows, also where the query forgot its condition", async () => {
    expect(await seen(table, { userId: ann.id })).toEqual([ann.id]);
    expect(await seen(table, { userId: ben.id })).toEqual([ben.id]);
    expect(await seen(table, { userId: randomUUID() })).toEqual([]);
  });

  test("shows nothing to a scope that tries to be more than an id", async () => {
    for (const userId of ["' or true --", "%", `${ann.id},${ben.id}`]) {
      await expect(seen(table, { userId })).rejects.toThrow("a scope holds");
      const read = scratch.database.reads({ credential: userId }).execute(sql`select 1`);
      await expect(read).rejects.toMatchObject({ cause: { message: /a scope holds/ } });
    }
  });

  test("lets no change reach the rows of another", async () => {
    const place = sql.identifier(table);
    const mine = { userId: ben.id };
    const attempts = [sql`delete from ${place} where user_id = ${ann.id}`];
    // Of a passkey the owner's column can be changed by nobody (`grants.ts`).
    const change = table === "passkeys" ? sql`name = 'taken'` : sql`user_id = ${ben.id}`;
    if (!neverUpdated.includes(table))
      attempts.push(sql`update ${place} set ${change} where user_id = ${ann.id}`);
    for (const attempt of attempts) {
      expect(await changed(mine, attempt)).toBe(0);
      expect(await changed({}, attempt)).toBe(0);
    }
    const rows = await scratch.owner`
      select 1 from ${scratch.owner(table)} where user_id = ${ann.id}`;
    expect(rows).toHaveLength(1);
  });
});

test.each([
  "agents",
  "api_keys",
  "challenges",
  "known_devices",
  "link_tokens",
  "passkeys",
  "recovery_codes",
  "sessions",
])("%s takes no row of another, and gives none away", async (table) => {
  const place = sql.identifier(table);
  const given = sql`update ${place} set user_id = ${ann.id} where user_id = ${ben.id}`;
  await expect(changed({ userId: ben.id }, given)).rejects.toMatchObject({
    cause: { code: "42501" },
  });
  const forged = sql`insert into agents (id, user_id, name, description, environment, created_at)
      values (${randomUUID()}, ${ann.id}, 'x', '', 'production', now())`;
  await expect(changed({ userId: ben.id }, forged)).rejects.toMatchObject({
    cause: { code: "42501" },
  });
});

const agentOwners = build.select({ user_id: agents.userId }).from(agents).prepare("agent_owners");

test.each([
  [
    "built",
    (scope: Scope) => scratch.database.reads(scope).select({ user_id: agents.userId }).from(agents),
  ],
  ["prepared", (scope: Scope) => scratch.database.run(agentOwners, scope, {})],
])("%s reads are under the scope of their caller, also side by side", async (_kind, read) => {
  const scopes: Scope[] = Array.from(
    { length: 60 },
    (_, at) => [{ userId: ann.id }, { userId: ben.id }, {}][at % 3] ?? {},
  );
  const answers = await Promise.all(scopes.map(read));
  for (const [at, rows] of answers.entries())
    expect(rows.map(({ user_id }) => user_id)).toEqual(
      scopes[at]?.userId ? [scopes[at].userId] : [],
    );
});

test("reads cannot write", async () => {
  const { database } = scratch;
  const write = database.reads({ userId: ann.id }).execute(sql`delete from agents`);
  await expect(write).rejects.toMatchObject({ cause: { code: "25006" } });
  const named = build.delete(agents).prepare("delete_agents");
  const run = database.run(named, { userId: ann.id }, {});
  await expect(run).rejects.toMatchObject({ cause: { code: "25006" } });
});

const agentsNamed = build
  .select({ user_id: agents.userId })
  .from(agents)
  .where(eq(agents.name, sql.placeholder("name")))
  .prepare("agents_named");

test.each(["'", "\\", "a' or true --", "a;b", "a$$b", 'a"b', "a\u0000", "a\n"])(
  "what a user may have written cannot stand in a prepared read: %j",
  async (name) => {
    const read = scratch.database.run(agentsNamed, { userId: ann.id }, { name });
    await expect(read).rejects.toMatchObject({ cause: { message: /takes ids, hashes, times/ } });
  },
);

test("a prepared read is made again on a connection that was opened anew", async () => {
  const read = () => scratch.database.run(agentsNamed, { userId: ann.id }, { name: "a" });
  const before = await read();
  await scratch.owner`
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name = 'muniment-named'`;
  const again = () => read().catch((error: unknown) => error);
  await expect.poll(again, { interval: 20 }).toEqual(before);
});

test("a scope ends with its transaction, also on the same connection", async () => {
  await app.begin(async (tx) => {
    await tx`select set_config('muniment.user_id', ${ann.id}, true)`;
    expect(await tx`select 1 from agents`).toHaveLength(1);
  });
  expect(await app`select 1 from agents`).toHaveLength(0);
  await expect(
    app.begin(async (tx) => {
      await tx`select set_config('muniment.user_id', ${ann.id}, true)`;
      throw new Error("rolled back");
    }),
  ).rejects.toThrow("rolled back");
  expect(await app`select 1 from agents`).toHaveLength(0);
});

test("a presented secret shows just its own session, key or challenge", async () => {
  expect(await seen("sessions", { credential: ann.sessionId })).toEqual([ann.id]);
  expect(await seen("api_keys", { credential: ann.sessionId })).toEqual([]);
  expect(await seen("api_keys", { credential: ann.hmac })).toEqual([ann.id]);
  expect(await seen("agents", { credential: ann.hmac })).toEqual([]);
  expect(await seen("challenges", { credential: ann.challenge })).toEqual([ann.id]);
  for (const table of ["totp_factors", "recovery_codes", "passkeys", "sessions"])
    expect(await seen(table, { credential: ann.challenge })).toEqual([]);
  expect(await seen("events", { credential: ann.sessionId })).toEqual([]);
  for (const credential of ["", ann.sessionId.slice(1), randomBytes(32).toString("hex")])
    expect(await seen("sessions", { credential })).toEqual([]);
  // A key's secret looks its key up and changes nothing of it.
  const revive = sql`update api_keys set revoked_at = null`;
  expect(await changed({ credential: ann.hmac }, revive)).toBe(0);
});
