import { type SQL, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { timeseriesStatement } from "../src/features/audit/timeseries-statement.ts";
import { must, startTestServer, type TestServer, type UserClient } from "./harness.ts";
import { type Explained, nodesOfExplained } from "./plans-seen.ts";

const hour = 3_600_000;
const entries = 8000;
/** Long before any entry of the server's own. */
const first = Date.UTC(2024, 0, 1);
const at = (hours: number) => new Date(first + hours * hour).toISOString();

let server: TestServer;
let auditor: UserClient;
let person: UserClient;
beforeAll(async () => {
  server = await startTestServer();
  auditor = await server.user("auditor");
  person = await server.user("member");
  // An entry every 6 minutes for 33 days; each tenth was refused, each seventh is of one person.
  await server.owner`
    insert into audit_entries (id, at, actor_kind, actor_id, action, outcome, details, personal)
    select gen_random_uuid(), ${new Date(first)}::timestamptz + n * interval '6 minutes', 'user',
      case when n % 7 = 0 then ${person.id}::uuid else gen_random_uuid() end,
      case when n % 2 = 0 then 'agent.created' else 'api_key.created' end,
      case when n % 10 = 0 then 'refused' else 'success' end, '{}', '{}'
    from generate_series(0, ${entries - 1}) n`;
  await server.owner`analyze audit_entries`;
});
afterAll(() => server.stop());

type Bucket = { start: string; count: number; by: Record<string, number> };
const ask = async (input: object): Promise<{ interval: string; buckets: Bucket[] }> =>
  must(await auditor.query("audit.timeseries", input));
const total = (buckets: Bucket[]) => buckets.reduce((sum, { count }) => sum + count, 0);

test("entries are counted in every interval of a range, by how they ended or what they are about", async () => {
  const range = { from: at(24), to: at(48), interval: "1h" };
  const { interval, buckets } = await ask(range);
  expect(interval).toBe("1h");
  expect(buckets.map(({ start }) => start)).toEqual(
    Array.from({ length: 24 }, (_, n) => at(24 + n)),
  );
  for (const bucket of buckets)
    expect(bucket).toMatchObject({ count: 10, by: { success: 9, refused: 1 } });
  const { buckets: resources } = await ask({ ...range, by: "resource" });
  for (const { by } of resources) expect(by).toEqual({ agent: 5, api_key: 5 });
});

test("filters count what the search pages through", async () => {
  const filters = {
    actorId: person.id,
    outcomes: ["refused"],
    actions: ["agent.created"],
    from: at(0),
    to: at(70),
  };
  const { buckets } = await ask(filters);
  const { items } = must(await auditor.query("audit.search", { ...filters, limit: 100 }));
  expect(items.length).toBeGreaterThan(5);
  expect(total(buckets)).toBe(items.length);
  // Part of an interval is part of its count.
  const part = await ask({ from: at(1.5), to: at(2.5), interval: "1h" });
  expect(part.buckets.map(({ count }) => count)).toEqual([5, 5]);
});

test("without a range it is the whole log, to this moment, in few intervals", async () => {
  const { buckets } = await ask({});
  expect(buckets.length).toBeLessThanOrEqual(120);
  expect(Date.parse(buckets[0]?.start ?? "")).toBeLessThanOrEqual(first);
  expect(total(buckets)).toBeGreaterThanOrEqual(entries);
  const none = await ask({ to: at(-1) });
  expect(total(none.buckets)).toBe(0);
});

test("who counts entries about a person is entered, and nobody but auditors may", async () => {
  await ask({ actorId: person.id });
  const looked = async () => {
    const { items } = must(await person.query("data.accesses"));
    return items.map(({ procedure }: { procedure: string }) => procedure);
  };
  await expect.poll(looked).toContain("audit.timeseries");
  expect((await person.query("audit.timeseries", {})).status).toBe(403);
  expect((await server.anonymous().query("audit.timeseries", {})).status).toBe(401);
  const wrong = await auditor.query("audit.timeseries", { from: at(2), to: at(1) });
  expect([wrong.status, wrong.error?.data.reason]).toEqual([400, "invalid_range"]);
  expect((await auditor.query("audit.timeseries", { by: "actor" })).status).toBe(400);
});

test("a range is found by an index", async () => {
  const scanned = async (statement: SQL) => {
    const [row] = await server.deps.database
      .searches({})
      .execute<Explained>(sql`explain (format json) ${statement}`);
    return nodesOfExplained(row)
      .filter((node) => node["Node Type"] === "Seq Scan")
      .map((node) => node["Relation Name"])
      .filter((name) => name !== "audit_refusals");
  };
  const day = { from: at(240), to: at(264) };
  expect(await scanned(timeseriesStatement(day, hour, "outcome"))).toEqual([]);
  const filtered = { ...day, actorId: person.id, actions: ["agent.created" as const] };
  expect(await scanned(timeseriesStatement(filtered, hour, "resource"))).toEqual([]);
});
