import { afterAll, beforeAll, expect, test } from "vitest";
import { type ApiProcess, createApiProcess } from "./api-process.ts";
import { problemsOf, type SteadySenders, sendSteadily } from "./steady-senders.ts";

const readySeconds = 5;
const [leastKills, mostKills] = [3, 8];

let api: ApiProcess;
let senders: SteadySenders;
let firstStartSeconds: number;
beforeAll(async () => {
  api = await createApiProcess();
  firstStartSeconds = (await api.start()) / 1000;
  const { key } = await api.setUp();
  senders = sendSteadily(api.url, key);
});
afterAll(async () => {
  await senders?.stop().catch(() => {});
  await api?.stop();
});

test("every receipted event exists exactly once although the server is killed while events come in", async () => {
  // On a busy machine nothing is ready in seconds: then it must not take longer than the first
  // start, which makes a database, and one start that others delay does not count.
  const limit = Math.max(readySeconds, firstStartSeconds);
  let quickest = Number.POSITIVE_INFINITY;
  for (let kill = 0; kill < leastKills || (quickest > limit && kill < mostKills); kill += 1) {
    const { length } = senders.receipted;
    await expect
      .poll(() => senders.receipted.length, { timeout: 20_000, interval: 10 })
      .toBeGreaterThan(length + 100);
    const killed = performance.now();
    if (kill % 2 === 1) process.kill(await api.postmaster(), "SIGKILL");
    await api.kill();
    await api.start();
    quickest = Math.min(quickest, (performance.now() - killed) / 1000);
  }
  await senders.stop();
  const { receipted, refusals } = senders;
  const sql = await api.connect();
  expect(await problemsOf(sql, receipted)).toEqual([]);
  await sql.end();
  const others = [...refusals.keys()].filter((what) => !/^(no answer$|503 )/.test(what));
  expect(others).toEqual([]);
  expect(quickest).toBeLessThan(limit);
}, 180_000);
