import { parseEventQuery } from "@muniment/shared/event-query/parse.ts";
import { type SQL, sql } from "drizzle-orm";
import { PgDialect } from "drizzle-orm/pg-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fillSmall } from "../../../bench/event-storage/generate.ts";
import { charts, dimensions, pages, terms } from "../../../bench/event-storage/questions.ts";
import { heavyUser } from "../../../bench/event-storage/scratch.ts";
import { type ChartRow, chartStatement, pointsOf } from "../src/features/events/chart-statement.ts";
import { conditionOf } from "../src/features/events/conditions.ts";
import { countReads } from "../src/features/events/count-rows.ts";
import { finestOf } from "../src/features/events/counted-rows.ts";
import { dimensionText } from "../src/features/events/dimension.ts";
import { findEvents } from "../src/features/events/find-events.ts";
import { startTestServer, type TestServer } from "./harness.ts";
import { type Explained, nodesOfExplained } from "./plans-seen.ts";

/** The small form of `pnpm soak:events`: events made in the same way and asked the same. */
const rows = 20_000;
const [agents, types] = [8, 12];
const day = 86_400_000;
const end = Date.now();
const range = { from: end - 29 * day - 1_234_567, to: end - 7_654_321 };

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await fillSmall(server.owner, rows);
  await server.owner`analyze`;
});
afterAll(() => server.stop());

/** What a plain look at all events of the user gives. */
async function looked<Row extends Record<string, unknown>>(text: string, columns: SQL, rest: SQL) {
  const from = new Date(range.from).toISOString();
  const to = new Date(range.to).toISOString();
  const { sql: statement, params } = new PgDialect().sqlToQuery(sql`
    select ${columns} from events where user_id = ${heavyUser}
      and occurred_at >= ${from}::timestamptz and occurred_at < ${to}::timestamptz
      and ${conditionOf(parseEventQuery(text)) ?? sql`true`} ${rest}`);
  return server.owner.unsafe<Row[]>(statement, params as string[]);
}

test.each([...pages, ...terms])("the page of %j is that of a look at all events", async (text) => {
  const question = { query: parseEventQuery(text), range };
  const page = { place: undefined, fetch: 51, now: end };
  const found = await findEvents(server.deps.database, heavyUser, question, page);
  const order = sql`order by occurred_at desc, id desc limit 51`;
  const known = await looked<{ id: string }>(text, sql`id`, order);
  expect(found.map(({ id }) => id)).toEqual(known.map(({ id }) => id));
});

test.each(charts)(
  "charts of %j are those of a look at all events, and read a row of counts for each day and value",
  async (text) => {
    for (const by of dimensions) {
      const query = parseEventQuery(text);
      const counting = { userId: heavyUser, query, range, by: [by], step: day / 4, now: end };
      const statement = chartStatement(counting, true);
      const found = await countReads(server.deps.database, counting).execute<ChartRow>(statement);
      const counts = new Map<string, number>();
      for (const row of found)
        for (const { start, count } of pointsOf(row)) {
          const cell = `${row.value} ${Math.floor(start / counting.step) * counting.step}`;
          counts.set(cell, (counts.get(cell) ?? 0) + count);
        }
      const columns = sql`${dimensionText(by)} as value, count(*)::int as count,
      extract(epoch from date_bin('6 hours', occurred_at, 'epoch'))::float8 * 1000 as start`;
      const known = await looked<{ value: string; start: number; count: number }>(
        text,
        columns,
        sql`group by 1, 3`,
      );
      expect(known).not.toEqual([]);
      const most = await looked<{ value: string }>(
        text,
        sql`${dimensionText(by)} as value`,
        sql`group by 1 order by count(*) desc, 1 limit 8`,
      );
      const top = new Set(most.map(({ value }) => value));
      const expected = new Map<string, number>();
      for (const { value, start, count } of known) {
        const cell = `${top.has(value) ? value : null} ${start}`;
        expected.set(cell, (expected.get(cell) ?? 0) + count);
      }
      expect(new Map([...counts].filter(([, count]) => count !== 0))).toEqual(expected);

      const [row] = await server.deps.database
        .searches({ userId: heavyUser })
        .execute<Explained>(sql`explain (analyze, format json) ${statement}`);
      const series =
        (by === "agentId" && !text.startsWith("agent:") ? agents : 1) *
        (by === "type" || text.startsWith("type:") ? types : 1);
      // The days in between, and at both ends hours; the last of them may be three rows of twenty minutes.
      const hours = finestOf(counting) === 5 ? 5 + 3 : 6;
      const read = nodesOfExplained(row)
        .filter((node) => node["Relation Name"] === "event_counts")
        .reduce((sum, node) => sum + Number(node["Actual Rows"]) * Number(node["Actual Loops"]), 0);
      expect(read).toBeGreaterThan(0);
      expect(read).toBeLessThanOrEqual(series * (30 + 2 * hours));
    }
  },
);
