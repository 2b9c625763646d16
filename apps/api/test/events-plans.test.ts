import { planForAny } from "@muniment/db/scope.ts";
import { parseEventQuery } from "@muniment/shared/event-query/parse.ts";
import { type SQL, type SQLWrapper, sql } from "drizzle-orm";
import { PgDialect } from "drizzle-orm/pg-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { candidatesSql, chunkCondition } from "../src/features/events/candidates.ts";
import { chartStatement } from "../src/features/events/chart-statement.ts";
import { countRows } from "../src/features/events/count-rows.ts";
import {
  firstLookStatement,
  pageStatement,
  pieceStatement,
} from "../src/features/events/page-statement.ts";
import { foldAllCounts } from "./fold-all.ts";
import { startTestServer, type TestServer } from "./harness.ts";
import { type Explained, nodesOfExplained } from "./plans-seen.ts";

const day = 86_400_000;
const [heavy, other] = [
  "00000000-0000-7000-8000-000000000001",
  "00000000-0000-7000-8000-000000000002",
];
const agent = "00000000-0000-7000-9000-000000000003";
const rows = 30_000;
/** Within one year, so that no empty partition is in the way. */
const end = Date.UTC(2025, 9, 29);
let partition: string;
const range = { from: end - 20 * day, to: end };

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  const { owner } = server;
  const [made] = await owner`select ensure_event_partition(${new Date(end)}) as name`;
  partition = made?.name;
  await owner`
    with stored as (
      insert into events (user_id, id, agent_id, api_key_id, batch_id, type, level, message, subject,
        trace_id, props, occurred_at, received_at)
      select case when n % 3 = 0 then ${other} else ${heavy} end::uuid, gen_random_uuid(),
        ('00000000-0000-7000-9000-' || lpad((n % 7)::text, 12, '0'))::uuid, ${agent}, ${agent},
        case when n % 2000 = 1 then 'rare.type' else 'type.' || n % 11 end,
        case when n % 1500 = 1 then 4 else n % 3 end, 'message ' || n, 'user:' || n % 500,
        'trace' || n / 5, jsonb_build_object('n', n), at, at
      from (
        select n, ${new Date(end)}::timestamptz - n * interval '50 seconds' as at
        from generate_series(1, ${rows}) n
      ) numbered
      returning *
    )
    insert into event_count_changes
    select user_id, date_bin('5 minutes', occurred_at, '1970-01-01Z'), agent_id, type, level, count(*)
    from stored group by 1, 2, 3, 4, 5`;
  await foldAllCounts(server);
  // Without a page, as it is found where little comes: then a plan would read it whole, whatever comes later.
  await owner`truncate event_count_changes`;
  await owner`
    insert into event_chunks (user_id, newest, oldest, id, fields, message, props, numbers)
    select case when n % 3 = 0 then ${other} else ${heavy} end::uuid, at, at - interval '1 hour',
      gen_random_uuid(), '\\xffffffffffffffff', decode(repeat('5a', 700), 'hex'),
      decode(repeat('a5', 700), 'hex'), '{"n": [1, 2]}'
    from (
      select n, ${new Date(end)}::timestamptz - n * interval '1 hour' as at
      from generate_series(1, 3000) n
    ) numbered`;
  await owner`
    insert into receipts (user_id, batch_id, event_ids, event_times)
    select case when n % 3 = 0 then ${other} else ${heavy} end::uuid, gen_random_uuid(),
      array[gen_random_uuid()], array[now()] from generate_series(1, 5000) n`;
  await owner`
    insert into event_index (user_id, cluster, commit_xid, position, accepted)
    select gen_random_uuid(), 'c', '3'::xid8, n, 0 from generate_series(1, 1000) n
    union all select ${heavy}::uuid, 'c', '3'::xid8, 4900, 0`;
  await owner`analyze`;
});
afterAll(() => server.stop());

function toPlan(row: Explained | undefined) {
  const nodes = nodesOfExplained(row);
  return {
    scanned: nodes
      .filter((node) => node["Node Type"] === "Seq Scan")
      .map((n) => n["Relation Name"]),
    nodes: nodes.map((node) => node["Node Type"]),
    indexes: nodes.flatMap((node) => node["Index Name"] ?? []),
  };
}

/** How the database answers a statement under the policies of a user. */
async function planOf(statement: SQL | SQLWrapper) {
  const [row] = await server.deps.database.transaction({ userId: heavy }, (tx) =>
    tx.execute<Explained>(sql`explain (format json) ${statement}`),
  );
  return toPlan(row);
}

/** The same with the plan that serves any values, which a statement that stays prepared keeps. */
async function anyPlanOf(statement: SQL) {
  const { sql: text, params } = new PgDialect().sqlToQuery(statement);
  const values = params.map((value) => `'${value}'`).join(", ");
  const [row] = await server.deps.database.transaction({ userId: heavy }, async (tx) => {
    await tx.execute(sql.raw(planForAny));
    await tx.execute(sql.raw(`prepare asked as ${text}`));
    const rows = await tx.execute<Explained>(
      sql.raw(`explain (format json) execute asked (${values})`),
    );
    await tx.execute(sql`deallocate asked`);
    return rows;
  });
  return toPlan(row);
}

const page = (text: string) =>
  pageStatement(
    server.deps.database.searches({ userId: heavy }),
    heavy,
    { query: parseEventQuery(text), range },
    undefined,
    51,
  );

test.each([
  ["", /pkey/],
  [`agent:${agent}`, /pkey/],
  ["level>=info", /pkey/],
  ["type:type.3", /pkey|type/],
  ["type:rare.type", /type/],
  ["type:rare.*", /type/],
  ["subject:user:17", /subject/],
  ["subject:user:49*", /subject|pkey/],
  ["trace:trace77", /trace/],
  ['"message 77"', /pkey/],
  ["props.n>29999", /pkey/],
  ["-type:type.1 (level:critical OR props.n:7)", /pkey/],
])("a page of %j reads events by an index only", async (text, index) => {
  const { scanned, indexes } = await planOf(page(text));
  expect(scanned).toEqual([]);
  expect(indexes).not.toEqual([]);
  for (const name of indexes) expect(name).toMatch(index);
});

test.each(["message", "props.n:7", "props.n>29999", `agent:${agent}`, "level:critical"])(
  "where %j may be found is read from the user's own chunks by their key, and events by theirs",
  async (text) => {
    const query = parseEventQuery(text);
    const condition = chunkCondition(query);
    if (!condition) throw new Error("the chunks know nothing of it");
    const found = await planOf(candidatesSql(heavy, condition, { ...range, from: end - day }));
    expect(found.scanned).toEqual([]);
    expect(found.indexes).toContain("event_chunks_user_id_newest_id_pk");
    const searches = server.deps.database.searches({ userId: heavy });
    const question = { query, range };
    const look = { question, place: undefined, looked: 1500, fetch: 51 };
    const pieces = [1, 3, 5].map((n) => ({ from: end - n * day, to: end - n * day + 60_000 }));
    for (const statement of [
      firstLookStatement(searches, heavy, look),
      pieceStatement(searches, heavy, { query, pieces, place: undefined, limit: 51 }),
    ]) {
      const { scanned, indexes } = await planOf(statement);
      // The other partitions are empty, and not opened.
      expect(scanned).not.toContain(partition);
      expect(indexes).toContain(`${partition}_pkey`);
    }
  },
);

test.each([
  ["", "level"],
  ["type:type.3", "agentId"],
  [`agent:${agent} level>=info`, "type"],
] as const)(
  "a chart of %j by %s reads counts by their key, and events only at the edges",
  async (text, by) => {
    const query = parseEventQuery(text);
    const edges = { from: range.from + 1_234_567, to: range.to - 7_654_321 };
    const counting = { userId: heavy, query, range: edges, by: [by], step: day / 4, now: end };
    const { scanned, indexes } = await anyPlanOf(chartStatement(counting, true));
    expect(scanned).toEqual([]);
    expect(indexes).toContain("event_counts_pk");
    for (const name of indexes) expect(name).toMatch(/^event_count|^events_\d+_pkey$/);
  },
);

test("facets of what the counts do not know read no more than so many of the newest events", async () => {
  const counting = { userId: heavy, query: parseEventQuery(""), range, now: end };
  const statement = countRows({ ...counting, by: ["subject" as const], newest: 1000 });
  const { scanned, indexes, nodes } = await planOf(statement);
  expect(scanned).toEqual([]);
  expect(indexes).not.toEqual([]);
  for (const name of indexes) expect(name).toMatch(/^events_.*pkey$/);
  expect(nodes).toContain("Limit");
  // In the order of the key: a sort would read everything first.
  expect(nodes).not.toContain("Sort");
});

test("what the counts do not know is counted from the user's own events by an index", async () => {
  const query = parseEventQuery("props.n>100");
  const days = { from: end - 2 * day, to: end };
  const counting = { userId: heavy, query, range: days, by: ["type" as const], now: end };
  const { scanned, indexes } = await planOf(countRows(counting));
  expect(scanned).toEqual([]);
  expect(indexes).not.toContain("event_counts_pk");
});
