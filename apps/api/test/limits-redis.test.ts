import { hostname } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fromNewAddress } from "./addresses.ts";
import type { Answer, Client } from "./client.ts";
import { startTestServer, type TestServer } from "./harness.ts";
import { hasRedis, startRedis, type TestRedis } from "./redis.ts";

const monitoring = "a-token-that-only-the-monitoring-has";
const passed = (answers: Answer[]) => answers.filter(({ status }) => status === 200).length;
const calls = (client: Client, times: number) =>
  Promise.all(Array.from({ length: times }, () => client.query("setup.status")));

describe.skipIf(!hasRedis)("a server whose limits are in Redis", () => {
  let redis: TestRedis;
  let server: TestServer;
  let other: TestServer;
  beforeAll(async () => {
    redis = await startRedis();
    const env = { TRUST_PROXY: "1", REDIS_URL: redis.url, METRICS_TOKEN: monitoring };
    server = await startTestServer({ env });
    await server.admin();
    other = await startTestServer({ env, besides: server });
  });
  afterAll(async () => {
    await other.stop();
    await server.stop();
    await redis.stop();
  });

  test("shares each count with the other nodes", async () => {
    const headers = fromNewAddress();
    const [here, there] = [server.anonymous(headers), other.anonymous(headers)];
    const answers = await Promise.all([calls(here, 75), calls(there, 75)]);
    expect(passed(answers.flat())).toBe(100);
  });

  test("locks an account and unlocks it on every node", async () => {
    const { email, id } = await server.member();
    const headers = fromNewAddress();
    const signIn = (node: TestServer, password: string) =>
      node.anonymous(headers).mutate("auth.signIn", { email, password });
    for (let guess = 0; guess < 5; guess += 1) await signIn(server, "wrong");
    expect((await signIn(other, "wrong")).status).toBe(429);
    await (await server.admin()).mutate("users.unlock", { id });
    expect((await signIn(other, "wrong")).status).toBe(401);
  });

  test("answers and still limits while Redis hangs, and after it has gone, and tells of it", async () => {
    const told = () =>
      server.owner`select details ->> 'node' as node, count from alerts where kind = 'limits_apart'`;
    const metrics = async () => {
      const headers = { authorization: `Bearer ${monitoring}` };
      return (await server.fetch("/metrics", { headers })).text();
    };
    expect(await told()).toEqual([]);
    expect(await metrics()).toContain("muniment_limits_shared 1\n");
    redis.child.kill("SIGSTOP");
    const hanging = server.anonymous(fromNewAddress());
    const from = performance.now();
    expect(passed(await calls(hanging, 150))).toBe(100);
    expect(performance.now() - from).toBeLessThan(5000);
    expect(await metrics()).toContain("muniment_limits_shared 0\n");
    redis.child.kill("SIGKILL");
    const gone = server.anonymous(fromNewAddress());
    expect(passed(await calls(gone, 150))).toBe(100);
    const node = `${hostname()}:${server.deps.config.port}`;
    await expect.poll(told).toEqual([{ node, count: 1 }]);
  });
});
