import { expect, test } from "vitest";
import { startTestServer } from "./harness.ts";

const soon = { timeout: 10_000, interval: 20 };

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
