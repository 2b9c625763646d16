import { afterAll, beforeAll, expect, test } from "vitest";
import type { Client } from "./client.ts";
import { startTestServer, type TestServer } from "./harness.ts";

let server: TestServer;
let admin: Client;
beforeAll(async () => {
  server = await startTestServer();
  admin = await server.admin();
});
afterAll(() => server.stop());

const far = "9999-12-31T23:59:59-23:59";
const calls: [string, "query" | "mutate", object][] = [
  ["users.list", "query", { text: "\u0000" }],
  ["users.list", "query", { text: "\ud800" }],
  ["audit.search", "query", { targetId: "\u0000" }],
  ["audit.search", "query", { from: "0000-01-01T00:00:00Z" }],
  ["audit.search", "query", { to: far }],
  ["limits.reset", "mutate", { class: "mail", procedure: "\u0000" }],
  ["agents.create", "mutate", { name: "a\u0000b" }],
  ["agents.create", "mutate", { name: "\ud800" }],
  ["events.search", "query", { text: "\u0000" }],
  ["events.search", "query", { props: [{ op: "exists", path: "\u0000" }] }],
  ["events.facets", "query", { fields: ["props.\u0000"] }],
];

test.each(calls)("%s by %s of %j is refused as malformed", async (path, kind, input) => {
  const answer = await admin[kind](path, input);
  expect(answer.status).toBe(400);
  expect(answer.error?.data.reason).toBe("invalid_input");
});

test("a key cannot expire in a year that no calendar holds", async () => {
  const { data: agent } = await admin.mutate("agents.create", { name: "agent" });
  const input = { agentId: agent.id, name: "key", scopes: ["events:write"], expiresAt: far };
  expect((await admin.mutate("apiKeys.create", input)).status).toBe(400);
});
