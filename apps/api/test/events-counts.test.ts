import { randomInt } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { foldCounts } from "../src/features/events/fold-counts.ts";
import { makeEvent, makeSender, send } from "./events-sender.ts";
import { startTestServer, type TestServer } from "./harness.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

/** Cells whose counts, with the changes not yet added, differ from a full count, in any interval and grouping. */
const wrongCounts = () => server.owner`
  with cells as (
    select m.minutes, a.apart, user_id, level,
      date_bin(m.minutes * interval '1 minute', at, '1970-01-01Z') as start,
      case when a.apart & 1 = 1 then agent_id::text end as agent,
      case when a.apart & 2 = 2 then type end as type, count
    from (
      select user_id, agent_id, type, level, occurred_at as at, 1 as count from events
      union all
      select user_id, agent_id, type, level, start, -count from event_count_changes
    ) all_events
    cross join (values (15), (360)) as m (minutes) cross join generate_series(0, 3) as a (apart)
    union all
    select minutes, apart, user_id, level, start, case when apart & 1 = 1 then agent_id::text end,
      case when apart & 2 = 2 then type end, -count
    from event_counts
  )
  select minutes, apart, user_id, start, agent, type, level, sum(count)::int as difference
  from cells group by 1, 2, 3, 4, 5, 6, 7 having sum(count) <> 0`;

const pick = <T>(values: readonly [T, ...T[]]): T => values[randomInt(values.length)] ?? values[0];

function randomEvent() {
  const at = pick([Date.now() - randomInt(3_600_000), Date.UTC(2021, 5, 1) + randomInt(9e9)]);
  const type = pick(["ssh.login.failed", "ssh.login.ok", "http.request"]);
  return makeEvent({ type, level: pick(["info", "warn", "critical"]) }, at);
}

test("counts equal a full count after stored, repeated and refused events, folded or not", async () => {
  const senders = await Promise.all([makeSender(server), makeSender(server)]);
  const sent: ReturnType<typeof randomEvent>[] = [];
  for (let round = 0; round < 6; round += 1) {
    const batches = senders.map(({ key }) => {
      const repeated = sent.slice(0, 5);
      const bad = { ...randomEvent(), level: "no such level" };
      const batch = [...Array.from({ length: 30 }, randomEvent), ...repeated, bad];
      sent.push(...batch.slice(0, 30));
      return send(server, key, batch);
    });
    await Promise.all([...batches, foldCounts(server.deps.database.raw)]);
    expect(await wrongCounts()).toEqual([]);
  }
  await foldCounts(server.deps.database.raw);
  const [left] = await server.owner`
    select (select count(*)::int from event_count_changes) as changes,
      (select sum(count)::int from event_counts where minutes = 15 and apart = 0) as counted,
      (select count(*)::int from events) as events`;
  expect(left).toMatchObject({ changes: 0, counted: left?.events });
  expect(left?.events).toBeGreaterThan(300);
});
