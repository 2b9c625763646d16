import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import { makeEvent, makeSender, send } from "./events-sender.ts";
import { startTestServer } from "./harness.ts";

const soon = { interval: 20 };

test("a job that hangs delays the end of the server for seconds only, and refusals are written first", async () => {
  const server = await startTestServer();
  const node = await startTestServer({ besides: server });
  const { deps } = node;
  let begun = false;
  deps.jobs.define("hang", () => {
    begun = true;
    return new Promise(() => {});
  });
  await deps.database.transaction({}, (tx) => deps.jobs.enqueue(tx, "hang", null));
  await expect.poll(() => begun, soon).toBe(true);
  await node.anonymous().query("agents.list");
  const from = Date.now();
  const stopped = node.stop();
  const refusals = () => server.owner`select 1 from audit_refusals`;
  await expect.poll(async () => (await refusals()).length).toBeGreaterThan(0);
  await stopped;
  expect(Date.now() - from).toBeLessThan(9000);
  await server.stop();
});

test("an answer that its reader is still taking is not cut off", async () => {
  const server = await startTestServer();
  const node = await startTestServer({ besides: server });
  const { member, key } = await makeSender(server);
  const props = { noise: "x".repeat(30_000) };
  await send(
    server,
    key,
    Array.from({ length: 100 }, () => makeEvent({ props })),
  );
  // More than the buffers of the machine hold between the two.
  const calls = Array.from({ length: 5 }, () => "events.search");
  const input = Object.fromEntries(calls.map((_, call) => [call, { limit: 100 }]));
  const query = `batch=1&input=${encodeURIComponent(JSON.stringify(input))}`;
  const request = get(`${node.url}/trpc/${calls.join(",")}?${query}`, {
    headers: { cookie: member.cookie },
  });
  const [answer] = (await once(request, "response")) as [IncomingMessage];
  expect([answer.statusCode, Number(answer.headers["content-length"])]).toEqual([
    200,
    expect.toSatisfy((bytes: number) => bytes > 15_000_000),
  ]);
  const stopped = node.stop();
  let bytes = 0;
  for await (const chunk of answer) bytes += chunk.length;
  expect(bytes).toBe(Number(answer.headers["content-length"]));
  await stopped;
  await server.stop();
});
