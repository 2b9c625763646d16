import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestServer, type TestServer } from "./harness.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

test("an agent is shown with its own keys and events, not with another's", async () => {
  const member = await server.member();
  const first = await server.apiKey(member);
  const second = await server.apiKey(member);
  const stranger = await server.member();
  const third = await server.apiKey(stranger);
  const send = (key: string, count: number) =>
    server.fetch("/api/v1/events", {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ events: Array.from({ length: count }, () => ({ type: "a" })) }),
    });
  await send(first.key, 3);
  await send(second.key, 5);
  await send(third.key, 7);
  await member.mutate("apiKeys.revoke", { id: second.id });
  const { data } = await member.query("agents.list");
  const facts = data.items.map(({ id, eventCount, activeKeyCount }: Record<string, unknown>) => ({
    id,
    eventCount,
    activeKeyCount,
  }));
  expect(facts).toEqual([
    { id: second.agentId, eventCount: 5, activeKeyCount: 0 },
    { id: first.agentId, eventCount: 3, activeKeyCount: 1 },
  ]);
});

test("another's agent answers like an unknown one, to every procedure", async () => {
  const owner = await server.member();
  const { agentId } = await server.apiKey(owner);
  const stranger = await server.member();
  const unknown = "01890000-0000-7000-8000-000000000000";
  for (const [path, extra] of [
    ["get", {}],
    ["update", { name: "mine" }],
    ["delete", {}],
  ] as const) {
    const call = path === "get" ? stranger.query : stranger.mutate;
    const [foreign, missing] = await Promise.all(
      [agentId, unknown].map((id) => call(`agents.${path}`, { id, ...extra })),
    );
    expect(foreign?.status).toBe(404);
    expect(foreign?.error?.message).toBe(missing?.error?.message);
    expect(foreign?.error?.data.reason).toBe(missing?.error?.data.reason);
  }
  expect((await owner.query("agents.get", { id: agentId })).data.name).toBe("agent");
});
