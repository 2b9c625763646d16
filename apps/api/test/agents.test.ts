import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Answer, createClient } from "./client.ts";
import { must, startTestServer, type TestServer, type UserClient } from "./harness.ts";

let server: TestServer;
let owner: UserClient;
let stranger: UserClient;
beforeAll(async () => {
  server = await startTestServer();
  owner = await server.member();
  stranger = await server.member();
});
afterAll(() => server.stop());

const reason = (answer: Answer) => answer.error?.data.reason;
/** An answer without what differs between any two answers. */
const told = ({ status, error }: Answer) => [
  status,
  error?.message,
  error?.data.code,
  error?.data.reason,
];

describe("agents", () => {
  test("are created, read, changed and deleted by their owner", async () => {
    const created = must(
      await owner.mutate("agents.create", { name: "  ssh  ", description: "two\nlines" }),
    );
    expect(created).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      name: "ssh",
      description: "two\nlines",
      environment: "production",
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      lastEventAt: null,
      eventCount: 0,
      activeKeyCount: 0,
    });
    const { id } = created;
    expect(must(await owner.query("agents.get", { id }))).toEqual(created);
    const updated = must(
      await owner.mutate("agents.update", { id, name: "sshd", environment: "staging" }),
    );
    expect(updated).toEqual({ ...created, name: "sshd", environment: "staging" });
    expect(must(await owner.query("agents.list")).items).toEqual([updated]);
    expect(must(await owner.mutate("agents.delete", { id }))).toEqual({ id });
    expect(must(await owner.query("agents.list")).items).toEqual([]);
    expect((await owner.query("agents.get", { id })).status).toBe(404);
  });

  test("count their keys that work", async () => {
    const { agentId, id } = await server.apiKey(owner);
    const count = async () => must(await owner.query("agents.get", { id: agentId })).activeKeyCount;
    expect(await count()).toBe(1);
    must(await owner.mutate("apiKeys.rotate", { id, overlapSeconds: 60 }));
    expect(await count()).toBe(2);
    must(await owner.mutate("apiKeys.revoke", { id }));
    expect(await count()).toBe(1);
  });

  test("of someone else answer exactly as unknown ones, and stay as they are", async () => {
    const { agentId, id: keyId } = await server.apiKey(owner);
    const before = must(await owner.query("agents.get", { id: agentId }));
    const unknown = randomUUID();
    const calls: ((id: string) => Promise<Answer>)[] = [
      (id) => stranger.query("agents.get", { id }),
      (id) => stranger.mutate("agents.update", { id, name: "taken" }),
      (id) => stranger.mutate("agents.delete", { id }),
      (id) =>
        stranger.mutate("apiKeys.create", { agentId: id, name: "k", scopes: ["events:read"] }),
    ];
    for (const call of calls) {
      const foreign = await call(agentId);
      expect(foreign.status).toBe(404);
      expect(told(foreign)).toEqual(told(await call(unknown)));
    }
    for (const path of ["apiKeys.revoke", "apiKeys.rotate"]) {
      const more = path.endsWith("rotate") ? { overlapSeconds: 0 } : {};
      const foreign = await stranger.mutate(path, { id: keyId, ...more });
      expect(foreign.status).toBe(404);
      expect(told(foreign)).toEqual(told(await stranger.mutate(path, { id: unknown, ...more })));
    }
    expect(must(await stranger.query("agents.list")).items).toEqual([]);
    expect(must(await stranger.query("apiKeys.list", { agentId })).items).toEqual([]);
    // An administrator administers users, not their data.
    const admin = await server.admin();
    expect((await admin.query("agents.get", { id: agentId })).status).toBe(404);
    expect((await admin.mutate("agents.delete", { id: agentId })).status).toBe(404);
    expect(must(await owner.query("agents.get", { id: agentId }))).toEqual(before);
  });

  test("take their keys with them when deleted", async () => {
    const { agentId, key } = await server.apiKey(owner);
    const caller = createClient(server.url, { authorization: `Bearer ${key}` });
    expect((await caller.query("events.search")).status).toBe(200);
    must(await owner.mutate("agents.delete", { id: agentId }));
    expect(reason(await caller.query("events.search"))).toBe("invalid_api_key");
    expect(await server.owner`select 1 from api_keys where agent_id = ${agentId}`).toHaveLength(0);
    const admin = await server.admin();
    const { items } = must(
      await admin.query("audit.search", { actions: ["agent.deleted"], targetId: agentId }),
    );
    expect(items[0].details).toEqual({ keysRevoked: 1 });
  });

  test("are listed newest first by a cursor that serves only its owner", async () => {
    const lister = await server.member();
    for (const name of ["a", "b", "c", "d", "e"])
      must(await lister.mutate("agents.create", { name }));
    const names: string[] = [];
    let cursor: string | null = null;
    do {
      const page: { items: { name: string }[]; nextCursor: string | null } = must(
        await lister.query("agents.list", { limit: 2, ...(cursor ? { cursor } : {}) }),
      );
      names.push(...page.items.map(({ name }) => name));
      cursor = page.nextCursor;
    } while (cursor);
    expect(names).toEqual(["e", "d", "c", "b", "a"]);
    const { nextCursor } = must(await lister.query("agents.list", { limit: 1 }));
    for (const [client, path, given] of [
      [stranger, "agents.list", nextCursor],
      [lister, "apiKeys.list", nextCursor],
      [lister, "agents.list", `${nextCursor}A`],
      [lister, "agents.list", `A${nextCursor}`],
      [lister, "agents.list", nextCursor.split(".")[0]],
      [lister, "agents.list", `${nextCursor}.${nextCursor}`],
      [lister, "agents.list", "."],
    ] as const) {
      const answer = await client.query(path, { cursor: given });
      expect([given, answer.status, reason(answer)]).toEqual([given, 400, "invalid_cursor"]);
    }
  });

  test.each([
    ["no name", {}],
    ["an empty name", { name: "" }],
    ["a name of blanks", { name: " \t " }],
    ["a name too long", { name: "x".repeat(101) }],
    ["a name with a control character", { name: "a\u0007b" }],
    ["a description too long", { name: "a", description: "x".repeat(1001) }],
    ["an unknown environment", { name: "a", environment: "moon" }],
    ["someone's id", { name: "a", userId: randomUUID() }],
  ])("are not created with %s", async (_, input) => {
    expect(reason(await owner.mutate("agents.create", input))).toBe("invalid_input");
  });

  test("are not updated with nothing to change, nor found by what is no id", async () => {
    const { id } = must(await owner.mutate("agents.create", { name: "a" }));
    expect(reason(await owner.mutate("agents.update", { id }))).toBe("invalid_input");
    for (const wrong of ["x", id.toUpperCase(), `${id} `, `{${id}}`, "' or true --", 7, null])
      expect(reason(await owner.query("agents.get", { id: wrong }))).toBe("invalid_input");
  });

  test("are read but not made by an auditor, and neither by an API key", async () => {
    const auditor = await server.user("auditor");
    expect((await auditor.query("agents.list")).status).toBe(200);
    expect(reason(await auditor.mutate("agents.create", { name: "a" }))).toBe("not_permitted");
    const { key } = await server.apiKey(owner);
    const caller = createClient(server.url, { authorization: `Bearer ${key}` });
    expect((await caller.query("agents.list")).status).toBe(401);
    expect((await caller.mutate("agents.create", { name: "a" })).status).toBe(401);
  });
});
