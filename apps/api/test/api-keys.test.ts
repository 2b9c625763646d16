import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isApiKey, newApiKey } from "../src/identity/api-key-format.ts";
import { fromNewAddress } from "./addresses.ts";
import { type Answer, createClient } from "./client.ts";
import { must, startTestServer, type TestServer, type UserClient } from "./harness.ts";

let server: TestServer;
let owner: UserClient;
beforeAll(async () => {
  server = await startTestServer({ env: { TRUST_PROXY: "1" } });
  await server.admin();
  owner = await server.member();
});
afterAll(() => server.stop());

const reason = (answer: Answer) => answer.error?.data.reason;
const bearer = (key: string, headers: Record<string, string> = fromNewAddress()) =>
  createClient(server.url, { ...headers, authorization: `Bearer ${key}` });
const search = (key: string, headers?: Record<string, string>) =>
  bearer(key, headers).query("events.search");
const ingest = (key: string) =>
  bearer(key).mutate("events.ingest", { events: [{ type: "test.happened" }] });

describe("a key", () => {
  test("is shown once, in the contract's form, and works", async () => {
    const agent = must(await owner.mutate("agents.create", { name: "agent" }));
    const input = { agentId: agent.id, name: "key", scopes: ["events:write"] };
    const { key, ...created } = must(await owner.mutate("apiKeys.create", input));
    expect(key).toMatch(/^mnt_[0-9A-Za-z]{44}$/);
    expect(isApiKey(key)).toBe(true);
    expect(created).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      agentId: agent.id,
      agentName: "agent",
      name: "key",
      prefix: key.slice(0, 12),
      scopes: ["events:write"],
      allowedCidrs: [],
      eventTypes: [],
      origins: [],
      status: "active",
      createdAt: expect.any(String),
      expiresAt: null,
      revokedAt: null,
      lastUsedAt: null,
      rotatedToId: null,
    });
    expect((await ingest(key)).status).toBe(200);
    const listed = must(await owner.query("apiKeys.list", { agentId: agent.id }));
    expect(listed.items).toEqual([{ ...created, lastUsedAt: listed.items[0].lastUsedAt }]);
    expect(JSON.stringify(listed)).not.toContain(key.slice(12));
  });

  test("is stored as its prefix and an HMAC under the secret, and nowhere else", async () => {
    const { id, key } = await server.apiKey(owner);
    await search(key);
    const [row] = await server.owner`select * from api_keys where id = ${id}`;
    const [secret] = server.deps.secrets.apiKeyHmac;
    if (!secret) throw new Error("no secret");
    expect(row?.prefix).toBe(key.slice(0, 12));
    expect(Buffer.from(row?.hmac)).toEqual(createHmac("sha256", secret).update(key).digest());
    for (const { table_name: table } of await server.owner`
      select table_name from information_schema.tables where table_schema = 'public'`) {
      const [dump] =
        await server.owner`select string_agg(t::text, ' ') as text from ${server.owner(table)} t`;
      expect(dump?.text ?? "").not.toContain(key.slice(12, -6));
    }
  });

  test("stored is no key: neither its prefix nor its HMAC opens anything", async () => {
    const { id } = await server.apiKey(owner);
    const [row] =
      await server.owner`select prefix, encode(hmac, 'hex') as hex, encode(hmac, 'base64') as b64
      from api_keys where id = ${id}`;
    for (const leaked of [row?.prefix, row?.hex, row?.b64.replaceAll(/\s/g, ""), `mnt_${row?.hex}`])
      expect(reason(await search(leaked))).toBe("invalid_api_key");
  });

  test("mistyped in one character is refused without asking the database", async () => {
    const { key } = await server.apiKey(owner);
    const { key: unknown } = newApiKey();
    const forms = [...key].map((character, at) => {
      const swapped = character === "x" ? "y" : "x";
      return key.slice(0, at) + swapped + key.slice(at + 1);
    });
    forms.push(
      key.slice(0, -1),
      `${key}x`,
      key.toLowerCase(),
      key.slice(4),
      "mnt_",
      "x".repeat(7000),
    );
    const turned = key.slice(0, 20) + key[21] + key[20] + key.slice(22);
    if (turned !== key) forms.push(turned);
    // Without the table every look-up fails.
    await server.owner`alter table api_keys rename to hidden`;
    try {
      expect((await search(unknown)).status).toBe(500);
      for (const form of forms) {
        const answer = await search(form);
        expect([form, answer.status, reason(answer)]).toEqual([form, 401, "invalid_api_key"]);
      }
    } finally {
      await server.owner`alter table hidden rename to api_keys`;
    }
    expect(reason(await search(unknown))).toBe("invalid_api_key");
    expect((await search(key)).status).toBe(200);
  });

  test("may do what its scopes name and nothing else", async () => {
    const { key: writer } = await server.apiKey(owner, { scopes: ["events:write"] });
    const { key: reader } = await server.apiKey(owner, { scopes: ["events:read"] });
    expect((await ingest(writer)).status).toBe(200);
    expect((await search(reader)).status).toBe(200);
    expect([(await ingest(reader)).status, reason(await ingest(reader))]).toEqual([
      403,
      "missing_scope",
    ]);
    expect(reason(await search(writer))).toBe("missing_scope");
    for (const path of [
      "agents.list",
      "apiKeys.list",
      "sessions.list",
      "auth.me",
      "users.list",
      "audit.search",
    ])
      expect((await bearer(reader).query(path)).status).toBe(401);
  });

  test("of an administrator is no administrator, and of an auditor may not write", async () => {
    const admin = await server.user("admin");
    const { key } = await server.apiKey(admin);
    expect((await bearer(key).query("users.list")).status).toBe(401);
    const demoted = await server.member();
    const { key: kept } = await server.apiKey(demoted);
    must(await admin.mutate("users.setRole", { id: demoted.id, role: "auditor" }));
    const refused = await ingest(kept);
    expect([refused.status, reason(refused)]).toEqual([403, "not_permitted"]);
    expect(refused.error?.message).toContain("owner");
    expect((await search(kept)).status).toBe(200);
  });

  test("sees the events of its user only", async () => {
    const { key } = await server.apiKey(owner);
    const other = await server.member();
    const { key: foreign } = await server.apiKey(other);
    must(await ingest(foreign));
    const { items } = must(await search(key));
    const own = must(await owner.query("agents.list", { limit: 100 })).items;
    const ids = new Set(own.map(({ id }: { id: string }) => id));
    for (const { agentId } of items) expect(ids).toContain(agentId);
  });

  test("works only from its allowed addresses", async () => {
    const ranges = ["192.0.2.0/24", "198.18.0.7", "2001:db8:5::/48"];
    const { key } = await server.apiKey(owner, { allowedCidrs: ranges });
    const from = async (address: string) => {
      const answer = await search(key, { "x-forwarded-for": address });
      return answer.status === 200 ? "works" : reason(answer);
    };
    for (const address of [
      "192.0.2.1",
      "192.0.2.255",
      "198.18.0.7",
      "2001:db8:5:ffff::1",
      "::ffff:192.0.2.9",
    ])
      expect([address, await from(address)]).toEqual([address, "works"]);
    for (const address of ["192.0.3.1", "198.18.0.8", "2001:db8:6::1", "::1", "not an address"])
      expect([address, await from(address)]).toEqual([address, "address_not_allowed"]);
  });

  test.each([
    ["::ffff:192.0.2.7", "192.0.2.7", "192.0.2.8"],
    ["::ffff:c000:200/120", "192.0.2.255", "192.0.3.0"],
    ["::ffff:0:0/96", "203.0.113.9", "2001:db8::1"],
  ])("takes %s for the IPv4 that it is", async (range, inside, outside) => {
    const { key } = await server.apiKey(owner, { allowedCidrs: [range] });
    expect((await search(key, { "x-forwarded-for": inside })).status).toBe(200);
    expect(reason(await search(key, { "x-forwarded-for": outside }))).toBe("address_not_allowed");
  });

  test.each([
    ["an address that is none", { allowedCidrs: ["10.0.0.256/8"] }],
    ["a range that is none", { allowedCidrs: ["10.0.0.0/33"] }],
    ["a name for an address", { allowedCidrs: ["localhost"] }],
    ["too many ranges", { allowedCidrs: Array(33).fill("10.0.0.0/8") }],
    ["no scope", { scopes: [] }],
    ["an unknown scope", { scopes: ["users:write"] }],
    ["a scope twice", { scopes: ["events:read", "events:read"] }],
    ["an end that is no time", { expiresAt: "tomorrow" }],
    ["an event type that is none", { eventTypes: ["SSH"] }],
    ["a key of one's own choice", { key: "mnt_mine" }],
  ])("is not made with %s", async (_, wrong) => {
    const { id } = must(await owner.mutate("agents.create", { name: "agent" }));
    const input = { agentId: id, name: "key", scopes: ["events:read"], ...wrong };
    expect(reason(await owner.mutate("apiKeys.create", input))).toBe("invalid_input");
  });

  test("is not made for the past", async () => {
    const { id } = must(await owner.mutate("agents.create", { name: "agent" }));
    const expiresAt = new Date(Date.now() - 1000).toISOString();
    const input = { agentId: id, name: "key", scopes: ["events:read"], expiresAt };
    const answer = await owner.mutate("apiKeys.create", input);
    expect([answer.status, reason(answer)]).toEqual([400, "invalid_range"]);
  });

  test("leaves entries that tell its prefix and never the key", async () => {
    const { id, key } = await server.apiKey(owner);
    const rotated = must(await owner.mutate("apiKeys.rotate", { id, overlapSeconds: 30 }));
    must(await owner.mutate("apiKeys.revoke", { id }));
    const admin = await server.admin();
    const { items } = must(await admin.query("audit.search", { targetId: id }));
    expect(
      items.map(({ action, details }: { action: string; details: object }) => [action, details]),
    ).toEqual([
      ["api_key.revoked", { prefix: key.slice(0, 12) }],
      [
        "api_key.rotated",
        {
          prefix: key.slice(0, 12),
          newPrefix: rotated.prefix,
          newKeyId: rotated.id,
          overlapSeconds: 30,
        },
      ],
      ["api_key.created", { prefix: key.slice(0, 12), scopes: ["events:write", "events:read"] }],
    ]);
  });

  test("is listed for its owner by pages", async () => {
    const lister = await server.member();
    const { agentId } = await server.apiKey(lister);
    for (const name of ["b", "c"])
      must(await lister.mutate("apiKeys.create", { agentId, name, scopes: ["events:read"] }));
    const first = must(await lister.query("apiKeys.list", { limit: 2 }));
    const rest = must(await lister.query("apiKeys.list", { limit: 2, cursor: first.nextCursor }));
    const names = [...first.items, ...rest.items].map(({ name }: { name: string }) => name);
    expect(names).toEqual(["c", "b", "key"]);
    // The cursor belongs to the list with its filter.
    const moved = await lister.query("apiKeys.list", { agentId, cursor: first.nextCursor });
    expect(reason(moved)).toBe("invalid_cursor");
  });
});
