import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { deleteUserEvents } from "../src/features/events/delete-user-events.ts";
import { createExpiry } from "../src/features/events/expire-events.ts";
import { readTail, readTailBounds } from "../src/features/events/read-tail.ts";
import type { Client } from "./client.ts";
import { makeEvent, makeSender, send } from "./events-sender.ts";
import { foldAllAgentCounters, foldAllCounts } from "./fold-all.ts";
import { must, startTestServer, type TestServer } from "./harness.ts";
import { readAlong, type Seen, tellingPlans } from "./plans-seen.ts";

const { seen } = vi.hoisted(() => ({ seen: [] as Seen[] }));
vi.mock("../../../packages/db/src/database-socket.ts", async (load) => {
  const real = await load<typeof import("../../../packages/db/src/database-socket.ts")>();
  const openDriverSocket: typeof real.openDriverSocket = async (facts) =>
    readAlong(await real.openDriverSocket(facts), (one) => seen.push(one));
  return { ...real, openDriverSocket };
});

const day = 86_400_000;
const now = Date.now();
/** Of them an eighth is one user's; a rare type, trace and property among those. */
const rows = 40_000;
const last20Days = {
  from: new Date(now - 20 * day).toISOString(),
  to: new Date(now).toISOString(),
};

/** Whose rows are so many, three eighths, that a plan for any number of them reads all of a table. */
const rival = "00000000-0000-7000-8000-000000000002";

let first: TestServer;
let server: TestServer;
let sender: Awaited<ReturnType<typeof makeSender>>;
let member: Client;
/** Tables and partitions so large that to read all of them is never right. */
let large: string[];

/** As many rows as make the planner choose as it will choose for more. */
async function fill(userId: string, agentId: string) {
  const { owner } = first;
  const ends = [now, now - 20 * day].map((time) => new Date(time));
  for (const end of ends) await owner`select ensure_event_partition(${end})`;
  await owner`
    create temporary table numbered as
    select n, case when n % 8 = 0 then ${userId}::uuid
        when n % 2 = 0 then ${rival}::uuid
        else ('00000000-0000-7000-8000-' || lpad((n % 8)::text, 12, '0'))::uuid end as user_id,
      gen_random_uuid() as id, gen_random_uuid() as batch_id,
      case when n % 8 = 0 then ${agentId}::uuid else gen_random_uuid() end as agent_id,
      ${new Date(now)}::timestamptz - n * interval '43 seconds' as at
    from generate_series(1, ${rows}) n`;
  await owner`
    with stored as (
      insert into events (user_id, id, agent_id, api_key_id, batch_id, type, level, message, subject,
        trace_id, props, occurred_at, received_at)
      select user_id, id, agent_id, agent_id, batch_id,
        case when n % 4000 = 0 then 'rare.type' else 'type.' || n % 11 end,
        case when n % 4000 = 0 then 4 else n % 3 end, 'message ' || n, 'user:' || n % 500,
        'trace' || n / 5, jsonb_build_object('n', n), at, at
      from numbered returning *
    )
    insert into event_count_changes
    select user_id, date_bin('5 minutes', occurred_at, '1970-01-01Z'), agent_id, type, level, count(*)
    from stored group by 1, 2, 3, 4, 5`;
  await owner`
    insert into event_ids (user_id, id, occurred_at, digest)
    select user_id, id, at, decode(repeat('5a', 16), 'hex') from numbered`;
  await owner`
    insert into receipts (user_id, batch_id, event_ids, event_times)
    select user_id, batch_id, array[id], array[at] from numbered where n / 8 % 4 = 0`;
  await owner`
    insert into event_chunks (user_id, newest, oldest, id, fields, message, props, numbers)
    select user_id, at, at - interval '1 hour', id, '\\xffffffffffffffff',
      decode(repeat('5a', 700), 'hex'), decode(repeat('a5', 700), 'hex'), '{"n": [1, 2]}'
    from numbered where n / 8 % 4 = 0`;
  await owner`
    insert into event_index (user_id, cluster, commit_xid, position, accepted)
    select gen_random_uuid(), 'c', '3'::xid8, n, 0 from generate_series(1, 5000) n`;
  await owner`
    insert into agent_counters
      (user_id, agent_id, api_key_id, batches, sent, accepted, duplicates, rejected, last_received_at)
    select gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 1, 1, 1, 0, 0, now()
    from generate_series(1, 5000)`;
  await owner`
    insert into agent_sequences (user_id, agent_id, seen, lost)
    select user_id, gen_random_uuid(), '{[1,2)}', 0 from numbered where n / 8 % 8 = 0 and user_id <> ${rival}`;
  await foldAllCounts(first);
  await foldAllAgentCounters(first);
  await owner`vacuum analyze`;
}

beforeAll(async () => {
  first = await startTestServer();
  const { owner } = first;
  const [row] = await owner`select current_database() as name`;
  for (const [name, value] of Object.entries(tellingPlans)) {
    await owner.unsafe(`alter database ${row?.name} set ${name} = '${value}'`);
  }
  sender = await makeSender(first);
  await fill(sender.userId, sender.agentId);
  server = await startTestServer({ besides: first, env: { RATE_LIMIT_USER_MAX: "100000" } });
  // The connections of the first were opened before they could tell.
  member = await server.signIn(sender.member.email);
  const named = await owner`
    select relname from pg_class where relkind = 'r' and reltuples > 1500
      and relnamespace = 'public'::regnamespace`;
  large = named.map(({ relname }) => relname);
});
afterAll(async () => {
  await server.stop();
  await first.stop();
});

const tables = {
  events: /^events_\d/,
  ids: /^event_ids/,
  receipts: /^receipts/,
  counts: /^event_counts/,
  chunks: /^event_chunks/,
  index: /^event_index/,
  counters: /^agent_counters/,
  sequences: /^agent_sequences/,
} as const;

/** What the product runs for an act: by an index of these tables, and nothing that reads a large one whole. */
async function expectByIndex(names: (keyof typeof tables)[], act: () => Promise<unknown>) {
  seen.length = 0;
  await act();
  const told = [...seen];
  const whole = told.filter(
    ({ text, nodes }) =>
      // What is deleted by its places reads at most as much as going to each of them would.
      !text.includes("ctid = ANY") &&
      nodes.some(
        (node) => node["Node Type"] === "Seq Scan" && large.includes(node["Relation Name"] ?? ""),
      ),
  );
  expect(whole.map(({ text }) => text)).toEqual([]);
  const indexes = told.flatMap(({ nodes }) => nodes.flatMap((node) => node["Index Name"] ?? []));
  for (const name of names)
    expect([name, indexes.some((i) => tables[name].test(i))]).toEqual([name, true]);
  return { told, indexes };
}

const query = async (path: string, input: object) => must(await member.query(path, input));

test("the tables are so large that a plan which reads all of one shows", () => {
  for (const name of Object.values(tables)) {
    expect([name, large.some((table) => name.test(table))]).toEqual([name, true]);
  }
});

test.each([
  ["", "events"],
  ["level>=info", "events"],
  ["-type:type.1", "events"],
  ["type:type.3", "events"],
  ["type:rare.type", "events"],
  ["type:rare.*", "events"],
  ["type:nothing.*", "events"],
  ["subject:user:16", "events"],
  ["subject:user:49*", "events"],
  ["trace:trace77", "events"],
  ["trace:nowhere", "events"],
  ['"message 777"', "chunks"],
  ['"nowhere"', "chunks"],
  ["props.n:7", "chunks"],
  ["props.none:*", "chunks"],
  ["props.n>39990", "chunks"],
  ["level:critical", "chunks"],
  [`agent:${randomUUID()}`, "chunks"],
] as const)("a search for %j", async (text, table) => {
  await expectByIndex([table, "events"], async () => {
    const { nextCursor } = await query("events.search", { query: text });
    if (nextCursor) await query("events.search", { query: text, cursor: nextCursor });
    await query("events.search", { query: text, ...last20Days });
    await query("events.extent", { query: text });
  });
});

test("a page of everything sorts nothing, on the first page and behind a cursor", async () => {
  const { told } = await expectByIndex(["events"], async () => {
    const { nextCursor } = await query("events.search", {});
    await query("events.search", { cursor: nextCursor, limit: 100 });
  });
  const pages = told.filter(({ text }) => /from "events"/.test(text));
  expect(pages).toHaveLength(2);
  for (const { nodes } of pages) {
    expect(nodes.map((node) => node["Node Type"])).not.toContain("Sort");
  }
});

test("a first look at the newest stops at so many, in the order of the key", async () => {
  const { told } = await expectByIndex(["events"], () =>
    query("events.search", { query: "level:error" }),
  );
  // What goes on beside it numbers rows, too.
  const [look] = told.filter(({ text }) => /row_number\(\).* from "events"/.test(text));
  const names = look?.nodes.map((node) => node["Node Type"]) ?? [];
  // Of the page alone; below the window nothing is sorted.
  expect(names.slice(names.indexOf("WindowAgg"))).not.toContain("Sort");
  expect(names).toContain("WindowAgg");
});

test("charts, top values and what stands out", async () => {
  await expectByIndex(["counts"], async () => {
    await query("events.timeseries", { ...last20Days, by: "type" });
    await query("events.timeseries", { ...last20Days, query: "level>=warn", by: "agentId" });
    await query("events.facets", { fields: ["type", "level", "agentId"], ...last20Days });
    await query("insights.anomalies", {});
  });
  await expectByIndex(["events"], async () => {
    const lastDay = { ...last20Days, from: new Date(now - day).toISOString() };
    await query("events.timeseries", { ...lastDay, by: "subject", query: "type:type.3" });
    await query("events.facets", { fields: ["subject", "props.n"], limit: 5, ...lastDay });
  });
  await expectByIndex(["events", "chunks"], () =>
    query("events.timeseries", { ...last20Days, query: "props.n:7" }),
  );
});

test("a tail's position, and what it has missed", async () => {
  const { database } = server.deps;
  const { userId } = sender;
  const { indexes } = await expectByIndex(["receipts"], () => readTailBounds(database, userId));
  expect(indexes).toContain("receipts_tail");
  const [row] = await server.owner`
    select commit_xid::text as xid, position::text as receipt from receipts
    where user_id = ${userId} order by commit_xid, position offset 600 limit 1`;
  const after = { xid: BigInt(row?.xid), receipt: BigInt(row?.receipt), ordinal: 0 };
  const missed = await expectByIndex(["receipts", "events"], async () => {
    const { items } = await readTail(database, userId, after);
    expect(items).toHaveLength(200);
  });
  expect(missed.indexes).toContain("receipts_tail");
});

test("what is sent, also again, with its receipts and counters", async () => {
  const { key } = sender;
  const events = Array.from({ length: 50 }, (_, n) => makeEvent({ seq: n }));
  await expectByIndex(["ids"], async () => {
    expect((await send(server, key, events)).body).toMatchObject({ accepted: 50 });
    expect((await send(server, key, events)).body).toMatchObject({ duplicates: 50 });
  });
});

test("exports, saved views and rules", async () => {
  const text = { query: "type:type.3 level>=info" };
  await expectByIndex(["events"], async () => {
    const { id } = must(await member.mutate("exports.create", { format: "ndjson", ...text }));
    const { cookie } = member;
    const response = await server.fetch(`/api/v1/exports/${id}`, { headers: { cookie } });
    expect((await response.text()).split("\n").length).toBeGreaterThan(100);
    must(await member.query("exports.list"));
    must(await member.mutate("savedViews.create", { name: "view", ...text }));
    must(await member.query("savedViews.list"));
  });
  const rule = { ...text, threshold: 1, windowMinutes: 60 };
  await expectByIndex(["receipts", "events"], () => query("alertRules.preview", rule));
});

test("an event by its id, and what became of all that agents sent", async () => {
  const { items } = await query("events.search", { limit: 1 });
  await expectByIndex(["ids", "events"], () => query("events.get", { id: items[0].id }));
  await expectByIndex(["counters", "sequences"], async () => {
    await query("agents.list", {});
    await query("agents.get", { id: sender.agentId });
    await query("agents.deliveries", { id: sender.agentId });
  });
});

test("what was sent is added up to counts, counters and the agents' own numbers", async () => {
  await expectByIndex(["sequences"], async () => {
    const events = Array.from({ length: 50 }, (_, n) => makeEvent({ seq: 100 + n }));
    expect((await send(server, sender.key, events)).body).toMatchObject({ accepted: 50 });
    await foldAllCounts(server);
    await foldAllAgentCounters(server);
  });
});

/** Waits for what goes on beside whatever is asked. */
const awaitSeen = (text: RegExp) =>
  expect.poll(() => seen.some((one) => text.test(one.text))).toBe(true);

test("who has sent enough to be summed up", async () => {
  await expectByIndex(["index"], () => awaitSeen(/FROM event_index i CROSS JOIN/));
});

test("what is no longer kept, of a user and of the instance", async () => {
  const { database } = server.deps;
  const { userId, agentId } = sender;
  const expire = createExpiry(database, 400, () => new Date(now));
  must(await member.mutate("events.setRetention", { days: 10 }));
  await expectByIndex(["events", "ids", "chunks"], expire);
  await server.owner`select ensure_event_partition('2019-06-01Z')`;
  await server.owner`
    with old as (
      insert into events (user_id, id, agent_id, api_key_id, batch_id, type, level, occurred_at, received_at)
      select ${userId}, gen_random_uuid(), ${agentId}, ${agentId}, ${agentId}, 'old', 1,
        '2019-06-01Z'::timestamptz + n * interval '1 minute', now() from generate_series(1, 40) n
      returning user_id, id, occurred_at
    )
    insert into event_ids select user_id, id, occurred_at, decode(repeat('5a', 16), 'hex') from old`;
  await server.owner`vacuum analyze`;
  await expectByIndex(["ids"], expire);
  const left = await server.owner`select to_regclass('events_2019') as part`;
  expect(left[0]?.part).toBeNull();
  await expectByIndex([], () => foldAllCounts(server));
  // Where nothing is past its time, nobody's is looked for one user after another.
  const { told } = await expectByIndex(["events", "receipts", "chunks"], expire);
  expect(told.filter(({ text }) => /^\s*(with gone|delete)/.test(text))).toEqual([]);
});

test("what a deleted user leaves", async () => {
  await expectByIndex(["events", "ids", "receipts", "counts", "chunks"], async () => {
    expect(await deleteUserEvents(server.deps.database, rival, 40)).toBe(true);
  });
  // Some hundred statements, each of which is planned again to be looked at.
});

test("which rules are due, where one user has half of all receipts and nothing new", async () => {
  const half = await makeSender(server);
  const when = { query: "level:error", threshold: 1, windowMinutes: 60, cooldownMinutes: 60 };
  const rule = { name: "rule", email: false, webhookIds: [], ...when };
  await server.owner`truncate receipts`;
  await server.owner`
    insert into receipts (user_id, batch_id, event_ids, event_times)
    select case when n % 2 = 0 then ${half.userId} else ${sender.userId} end::uuid, gen_random_uuid(),
      array[gen_random_uuid()], array[now()] from generate_series(1, 20000) n`;
  must(await half.member.mutate("alertRules.create", rule));
  await server.owner`vacuum analyze receipts`;
  // A look that began before may be told of after, by the plan of before.
  seen.length = 0;
  await awaitSeen(/FROM receipts e/);
  await expectByIndex(["receipts"], () => awaitSeen(/FROM receipts e/));
});

test("who looked at somebody's data, and what the audit log tells of them", async () => {
  // Of acts and, one of ten, of answers that showed several people's data; none is the user's.
  await server.owner`
    insert into audit_entries (id, at, actor_kind, actor_id, action, target_kind, target_id, outcome, details,
      personal)
    select id, ${new Date(now)}::timestamptz - n * interval '43 seconds', 'user', id,
      case when n % 10 = 0 then 'data.read' else 'agent.updated' end, 'agent',
      case when n % 10 > 0 then id::text end, 'success',
      case when n % 10 = 0 then jsonb_build_object('subjects', array[id, gen_random_uuid()]) else '{}' end,
      '{}'
    from generate_series(1, ${rows}::int) n cross join lateral (select gen_random_uuid() as id where n > 0) one`;
  const waiting = () => server.owner`select count(*)::int as many from unsealed_audit_entries()`;
  await expect.poll(waiting).toEqual([{ many: 0 }]);
  await server.owner`vacuum analyze audit_entries, audit_leaves`;
  const auditor = await server.user("auditor");
  const targetId = sender.userId;
  const acts = {
    "data.accesses": async () => must(await member.query("data.accesses")),
    "audit.search": async () => must(await auditor.query("audit.search", { targetId })),
    "audit.search by an action": async () =>
      must(await auditor.query("audit.search", { targetId, actions: ["data.read"] })),
  };
  for (const [name, act] of Object.entries(acts)) {
    const { told } = await expectByIndex([], act);
    const asked = told.filter(({ text }) => text.includes('"audit_lookup"'));
    const indexes = asked.flatMap(({ nodes }) => nodes.map((node) => node["Index Name"]));
    const used = (index: string) => indexes.includes(`audit_leaves_${index}_idx`);
    // In the order of time, all of the log would be looked through where it tells of them nowhere.
    expect([name, used("target"), used("subjects"), used("at")]).toEqual([name, true, true, false]);
  }
});
