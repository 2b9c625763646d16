import { randomInt } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { foldCounts } from "../src/features/events/fold-counts.ts";
import { wrongCounts } from "./events-recount.ts";
import { makeEvent, makeSender, send } from "./events-sender.ts";
import { foldAllCounts } from "./fold-all.ts";
import { startTestServer, type TestServer } from "./harness.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

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
    expect(await wrongCounts(server)).toEqual([]);
  }
  await foldAllCounts(server);
  const [left] = await server.owner`
    select (select count(*)::int from event_count_changes) as changes,
      (select sum(count)::int from event_counts cross join unnest(counts) as count
        where minutes = 15 and apart = 0) as counted,
      (select count(*)::int from events) as events`;
  expect(left).toMatchObject({ changes: 0, counted: left?.events });
  expect(left?.events).toBeGreaterThan(300);
});

test("charts and facets from counts equal a count of the events, at any bounds and by any of their fields", async () => {
  const { member, userId, agentId, key } = await makeSender(server);
  const hour = 3_600_000;
  const now = Date.now();
  const made = Array.from({ length: 300 }, (_, n) =>
    makeEvent(
      {
        type: ["ssh.ok", "ssh.failed", "http"][n % 3] ?? "",
        level: pick(["debug", "warn", "error"]),
        props: { n },
      },
      now - (n < 100 ? n * 60_000 : randomInt(20 * 24 * hour)),
    ),
  );
  for (let from = 0; from < made.length; from += 100) {
    await send(server, key, made.slice(from, from + 100));
    if (from === 100) await foldAllCounts(server);
  }
  const questions = [
    [{}, server.owner`true`],
    [{ types: ["ssh.*"] }, server.owner`type like 'ssh.%'`],
    [{ agentId, levels: ["warn"] }, server.owner`level = 2`],
    [{ query: "-type:http level>=warn" }, server.owner`type <> 'http' and level >= 2`],
    [{ query: "type:http OR level:debug" }, server.owner`type = 'http' or level = 0`],
    [{ query: "props.n<250 type:http" }, server.owner`type = 'http' and (props->>'n')::int < 250`],
  ] as const;
  const at = (time: number) => new Date(time).toISOString();
  for (const [index, [question, condition]] of [...questions, ...questions].entries()) {
    const from = now - randomInt(19 * 24 * hour) - 7 * hour;
    const to = pick([now + hour, from + 7 * hour + randomInt(hour), from + 60_000, now - hour]);
    const range = { from: at(from), to: at(Math.max(from, to)) };
    const [row] = await server.owner`
      select count(*)::int from events where user_id = ${userId} and (${condition})
        and occurred_at >= ${range.from} and occurred_at < ${range.to}`;
    const by = pick(["type", "level", "agentId", undefined]);
    const short = to - from < 12 * hour ? (["5m"] as const) : [];
    const interval = pick([undefined, ...short, "15m", "1h", "6h", "1d"]);
    const { data } = await member.query("events.timeseries", {
      ...question,
      ...range,
      by,
      interval,
    });
    const total = data.buckets.reduce((sum: number, one: { count: number }) => sum + one.count, 0);
    expect([index, range, by, interval, total]).toEqual([index, range, by, interval, row?.count]);
    const facets = await member.query("events.facets", {
      ...question,
      ...range,
      fields: ["level", "props.none", "type"],
    });
    for (const { values } of facets.data.facets) {
      const sum = values.reduce((all: number, { count }: { count: number }) => all + count, 0);
      expect(sum).toBe(row?.count);
    }
    const { data: extent } = await member.query("events.extent", { ...question, ...range });
    const [ends] = await server.owner`
      select min(occurred_at) as oldest, max(occurred_at) as newest from events
      where user_id = ${userId} and (${condition})
        and occurred_at >= ${range.from} and occurred_at < ${range.to}`;
    const shown = (time: Date | null) => time?.toISOString() ?? null;
    expect(extent).toEqual({ oldest: shown(ends?.oldest), newest: shown(ends?.newest) });
  }
});
