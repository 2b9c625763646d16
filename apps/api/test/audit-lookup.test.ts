import { afterAll, beforeAll, expect, test } from "vitest";
import { writeAuditEntry } from "../src/audit/write.ts";
import { readOwnEntries } from "../src/own-data/read-own-rows.ts";
import type { Client } from "./client.ts";
import { must, startTestServer, type TestServer } from "./harness.ts";

let server: TestServer;
let admin: Client;
beforeAll(async () => {
  server = await startTestServer({ env: { RATE_LIMIT_USER_MAX: "100000" } });
  admin = await server.admin();
});
afterAll(() => server.stop());

type Entry = { id: string; index: number | null };
const search = async (input: object): Promise<Entry[]> =>
  must(await admin.query("audit.search", { limit: 100, ...input })).items;

/** No node seals anything until it is done. */
async function whileNothingIsSealed(act: () => Promise<void>) {
  const turn = await server.owner.reserve();
  await turn`select pg_advisory_lock(hashtext('muniment audit log'))`;
  try {
    await act();
  } finally {
    await turn`select pg_advisory_unlock(hashtext('muniment audit log'))`;
    turn.release();
  }
}

test("an entry is found by all it is found by before it has its place, and once after", async () => {
  const member = await server.member();
  const user = must(await member.query("auth.me"));
  const other = must(await (await server.member()).query("auth.me"));
  const { id } = must(await member.mutate("agents.create", { name: "agent" }));
  await server.deps.sealer.seal();
  const asked: [string, object][] = [
    ["actor", { actorId: user.id, actions: ["agent.updated"] }],
    ["action", { actions: ["agent.updated"] }],
    ["target", { targetId: id, actions: ["agent.updated"] }],
    ["time", { actions: ["agent.updated"], from: new Date(Date.now() - 60_000).toISOString() }],
    ["outcome", { actions: ["agent.updated"], outcomes: ["success"] }],
    ["one of several whom an answer showed", { targetId: other.id, actions: ["data.read"] }],
  ];
  const found = () => Promise.all(asked.map(async ([by, input]) => [by, await search(input)]));
  const counted = async () => {
    const { buckets } = must(await admin.query("audit.timeseries", { actions: ["agent.updated"] }));
    return buckets.reduce((sum: number, { count }: { count: number }) => sum + count, 0);
  };
  const shown = async () =>
    must(await member.query("data.accesses")).items.filter(
      ({ action }: { action: string }) => action === "data.read",
    ).length;
  const before = await shown();
  await whileNothingIsSealed(async () => {
    must(await member.mutate("agents.update", { id, name: "renamed" }));
    await server.deps.database.transaction({}, (tx) =>
      writeAuditEntry(tx, server.deps.dataKeys, {
        at: new Date(),
        principal: { kind: "anonymous" },
        action: "data.read",
        outcome: "success",
        target: { kind: "users", id: null },
        details: { procedure: "users.list", count: 1, subjects: [user.id, other.id].sort() },
      }),
    );
    for (const [by, entries] of await found())
      expect([by, entries]).toEqual([by, [expect.objectContaining({ index: null })]]);
    expect(await counted()).toBe(1);
    expect(await shown()).toBe(before + 1);
  });
  await server.deps.sealer.seal();
  for (const [by, entries] of await found())
    expect([by, entries]).toEqual([by, [expect.objectContaining({ index: expect.any(Number) })]]);
  expect(await counted()).toBe(1);
  expect(await shown()).toBe(before + 1);
});

test("a search while entries get their places finds each that is committed, and none twice", async () => {
  const member = await server.member();
  const { id } = must(await member.mutate("agents.create", { name: "agent" }));
  const looked: { least: number; most: number; found: number }[] = [];
  let committed = 0;
  let begun = 0;
  const changing = (async () => {
    for (let count = 0; count < 60; count += 1) {
      begun += 1;
      must(await member.mutate("agents.update", { id, name: `name ${count}` }));
      committed += 1;
      if (count % 7 === 0) await server.deps.sealer.seal();
    }
  })();
  while (committed < 60) {
    const least = committed;
    const entries = await search({ targetId: id, actions: ["agent.updated"] });
    expect(new Set(entries.map((entry) => entry.id)).size).toBe(entries.length);
    looked.push({ least, most: begun, found: entries.length });
  }
  await changing;
  for (const { least, most, found } of looked) {
    expect(found).toBeGreaterThanOrEqual(least);
    expect(found).toBeLessThanOrEqual(most);
  }
  expect(looked.length).toBeGreaterThan(5);
});

test("what somebody deleted from the log hides nothing behind it", async () => {
  const member = await server.member();
  const user = must(await member.query("auth.me"));
  const { id } = must(await member.mutate("agents.create", { name: "agent" }));
  for (let count = 0; count < 6; count += 1)
    must(await member.mutate("agents.update", { id, name: `name ${count}` }));
  await server.deps.sealer.seal();
  const all = await search({ targetId: id });
  expect(all).toHaveLength(7);
  await server.owner`delete from audit_entries where id = ${all[1]?.id as string}`;
  const left = all.filter((_, at) => at !== 1).map((entry) => entry.id);
  const listed: string[] = [];
  let cursor: string | null | undefined;
  do {
    const input = { targetId: id, limit: 2, ...(cursor ? { cursor } : {}) };
    const page = must(await admin.query("audit.search", input));
    listed.push(...page.items.map((entry: Entry) => entry.id));
    cursor = page.nextCursor;
  } while (cursor);
  expect(listed).toEqual(left);
  const own: unknown[] = [];
  const { database, dataKeys } = server.deps;
  for await (const rows of readOwnEntries(database, dataKeys, user.id, 2)) own.push(...rows);
  expect(own.map((row) => (row as Entry).id)).toEqual(expect.arrayContaining(left));
});

test("no turn of the sealer and no search reads a whole log that was never analyzed", async () => {
  const { owner, deps } = server;
  const entries = 20_000;
  for (const table of ["audit_entries", "audit_leaves"]) {
    await owner`alter table ${owner(table)} set (autovacuum_enabled = off)`;
    await owner`select pg_clear_relation_stats('public', ${table})`;
  }
  await owner`
    insert into audit_entries (id, at, actor_kind, action, outcome, details, personal)
    select gen_random_uuid(), now(), 'system', 'agent.created', 'success', '{}', '{}'
    from generate_series(1, ${entries})`;
  await deps.sealer.seal();
  const member = await server.member();
  const scans = async () => {
    const [row] = await owner`
      select sum(seq_tup_read)::int as whole, sum(idx_scan)::int as by_index from pg_stat_user_tables
      where relname in ('audit_entries', 'audit_leaves')`;
    return row as { whole: number; by_index: number };
  };
  const act = async (name: string) => {
    must(await member.mutate("agents.create", { name }));
    await search({ actions: ["agent.created"], limit: 5 });
    await deps.sealer.seal();
    // A connection tells what it did at the first statement a second later.
    await new Promise((resolve) => setTimeout(resolve, 1100));
  };
  await act("one");
  const before = await scans();
  for (const name of ["two", "three", "four", "five"]) await act(name);
  const after = await scans();
  expect(after.by_index).toBeGreaterThan(before.by_index + 10);
  // Connections that idled may tell only now of the tables when they were short.
  expect(after.whole - before.whole).toBeLessThan(entries);
});
