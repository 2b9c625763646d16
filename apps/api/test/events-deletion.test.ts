import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeEvent, makeSender, send } from "./events-sender.ts";
import { startTestServer, type TestServer } from "./harness.ts";
import { indexAll } from "./index-all.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

test("deleting a user deletes the events and every trace of them", async () => {
  const { member, userId, key } = await makeSender(server);
  await send(server, key, [makeEvent({ seq: 1 }), makeEvent({ seq: 3 }, Date.UTC(2003, 1))]);
  await indexAll(server, userId);
  const admin = await server.admin();
  const tables = ["events", "event_ids", "receipts", "agent_totals"];
  const countTables = [
    "event_chunks",
    "event_index",
    "event_counts",
    "event_count_changes",
    "agent_counters",
    "agent_counter_changes",
    "agent_sequences",
  ];
  const left = async (of = tables) => {
    const counts = of.map(async (table) => {
      const [row] = await server.owner`
        select count(*)::int from ${server.owner(table)} where user_id = ${userId}`;
      return row?.count;
    });
    return Promise.all(counts);
  };
  expect(await left()).toEqual([2, 2, 1, 1]);
  expect(await left(countTables.slice(0, 2))).toEqual([1, 1]);
  expect((await admin.mutate("users.delete", { id: member.id })).status).toBe(200);
  for (
    let tries = 0;
    tries < 250 && (await left([...tables, ...countTables])).some((count) => count > 0);
    tries += 1
  ) {
    await sleep(100);
  }
  expect(await left()).toEqual([0, 0, 0, 0]);
  expect(await left(countTables)).toEqual([0, 0, 0, 0, 0, 0, 0]);
});
