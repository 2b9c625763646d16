import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Answer, type Client, createClient } from "./client.ts";
import { must, password, startTestServer, type TestServer } from "./harness.ts";

let server: TestServer;
let admin: Client;
let adminId: string;
beforeAll(async () => {
  server = await startTestServer();
  admin = await server.admin();
  adminId = must(await admin.query("auth.me")).id;
});
afterAll(() => server.stop());

const reason = (answer: Answer) => answer.error?.data.reason;
const byIds = ["get", "disable", "enable", "unlock", "revokeSessions", "delete"];
const call = (client: Client, name: string, input: object) =>
  name === "get" || name === "list"
    ? client.query(`users.${name}`, input)
    : client.mutate(`users.${name}`, input);

describe("reading users", () => {
  test("shows what an administrator needs and nothing secret", async () => {
    const member = await server.member();
    await server.signIn(member.email);
    await server.apiKey(member);
    const found = must(await admin.query("users.get", { id: member.id }));
    expect(found).toEqual({
      id: member.id,
      email: member.email,
      displayName: "member",
      role: "member",
      roleUntil: null,
      status: "active",
      secondFactor: false,
      locked: false,
      lockedUntil: null,
      codesLocked: false,
      createdAt: expect.any(String),
      lastSignInAt: expect.any(String),
      sessionCount: 2,
      agentCount: 1,
    });
    const auditor = await server.user("auditor");
    expect(must(await auditor.query("users.get", { id: member.id }))).toEqual(found);
  });

  test("lists newest first, by pages, and finds a part of address or name as text", async () => {
    const marker = randomUUID().slice(0, 8);
    for (let count = 0; count < 3; count += 1)
      await server.member(`u${count}_${marker}%@example.org`);
    const all = must(await admin.query("users.list", { text: marker.toUpperCase() }));
    expect(all.items.map(({ email }: { email: string }) => email[1])).toEqual(["2", "1", "0"]);
    const first = must(await admin.query("users.list", { text: marker, limit: 2 }));
    const next = { text: marker, limit: 2, cursor: first.nextCursor };
    expect(must(await admin.query("users.list", next)).items).toEqual(all.items.slice(2));
    // None of these is a wildcard.
    for (const text of [`${marker}_`, `u__${marker}`, "%%%", "' or true --", "\\"])
      expect(must(await admin.query("users.list", { text })).items).toEqual([]);
    expect(must(await admin.query("users.list", { text: `${marker}%` })).items).toHaveLength(3);
  });

  test("never answers a hash or another column, whatever is asked", async () => {
    const { id } = await server.member();
    const shown = [
      await admin.query("users.list", { limit: 100 }),
      await admin.query("users.get", { id }),
      await admin.mutate("users.setRole", { id, role: "auditor" }),
      await admin.mutate("users.disable", { id }),
      await admin.mutate("users.enable", { id }),
      await admin.mutate("users.unlock", { id }),
      await admin.query("auth.me"),
      await admin.mutate("account.update", { displayName: "Administrator" }),
      await server.anonymous().mutate("auth.signIn", { email: "admin@example.org", password }),
    ];
    for (const answer of shown) {
      const text = JSON.stringify(must(answer));
      expect(text).not.toMatch(/argon2|hash|password|disabledAt|token/i);
    }
  });
});

describe("whoever is no administrator", () => {
  test("reads users as an auditor only, and changes none", async () => {
    const target = await server.member();
    const [member, auditor] = [await server.member(), await server.user("auditor")];
    const anonymous = server.anonymous();
    for (const name of [...byIds, "list", "setRole", "invite"]) {
      const input =
        name === "list"
          ? {}
          : name === "invite"
            ? { email: "x@example.org", role: "admin" }
            : { id: target.id };
      const reads = name === "get" || name === "list";
      const answers = [await call(member, name, input), await call(auditor, name, input)];
      expect([name, ...answers.map(({ status }) => status)]).toEqual([
        name,
        403,
        reads ? 200 : 403,
      ]);
      expect((await call(anonymous, name, input)).status).toBe(401);
    }
    expect(must(await admin.query("users.get", { id: target.id }))).toMatchObject({
      role: "member",
      status: "active",
      sessionCount: 1,
    });
  });

  test("does not become one by asking", async () => {
    const member = await server.member();
    expect((await member.mutate("users.setRole", { id: member.id, role: "admin" })).status).toBe(
      403,
    );
    expect(reason(await member.mutate("account.update", { displayName: "x", role: "admin" }))).toBe(
      "invalid_input",
    );
    expect(must(await member.query("auth.me")).role).toBe("member");
  });

  test("loses the rights of a role at once", async () => {
    const second = await server.user("admin");
    expect((await second.query("users.list")).status).toBe(200);
    must(await admin.mutate("users.setRole", { id: second.id, role: "member" }));
    expect((await second.query("users.list")).status).toBe(401);
    const again = await server.signIn(second.email);
    expect((await again.query("users.list")).status).toBe(403);
  });
});

describe("changing users", () => {
  test("unknown ones is 404 for every procedure", async () => {
    const id = randomUUID();
    for (const name of byIds)
      expect([name, (await call(admin, name, { id })).status]).toEqual([name, 404]);
    expect((await admin.mutate("users.setRole", { id, role: "member" })).status).toBe(404);
  });

  test("disabling shuts out, enabling lets in, and the status tells", async () => {
    const member = await server.member();
    expect(must(await admin.mutate("users.disable", { id: member.id }))).toMatchObject({
      status: "disabled",
      sessionCount: 0,
    });
    const signIn = () =>
      server.anonymous().mutate("auth.signIn", { email: member.email, password });
    expect(reason(await signIn())).toBe("invalid_credentials");
    expect(must(await admin.mutate("users.enable", { id: member.id })).status).toBe("active");
    expect((await signIn()).status).toBe(200);
  });

  test("a role that stays the same ends no session", async () => {
    const member = await server.member();
    must(await admin.mutate("users.setRole", { id: member.id, role: "member" }));
    expect((await member.query("auth.me")).status).toBe(200);
  });

  test("deleting takes agents, keys, sessions and sign-in, and leaves the audit log", async () => {
    const member = await server.member();
    const { key } = await server.apiKey(member);
    const caller = createClient(server.url, { authorization: `Bearer ${key}` });
    must(await caller.mutate("events.ingest", { events: [{ type: "kept.for.now" }] }));
    const entries = async () =>
      must(await admin.query("audit.search", { actorId: member.id, limit: 100 })).items.length;
    const before = await entries();
    expect(before).toBeGreaterThan(2);
    const answer = must(await admin.mutate("users.delete", { id: member.id }));
    expect(answer).toMatchObject({ id: member.id });
    expect((await member.query("auth.me")).status).toBe(401);
    expect((await caller.query("events.search")).status).toBe(401);
    const signIn = await server
      .anonymous()
      .mutate("auth.signIn", { email: member.email, password });
    expect(reason(signIn)).toBe("invalid_credentials");
    for (const table of ["users", "sessions", "agents", "api_keys"]) {
      const column = table === "users" ? "id" : "user_id";
      const rows = await server.owner`
        select 1 from ${server.owner(table)} where ${server.owner(column)} = ${member.id}`;
      expect([table, rows.length]).toEqual([table, 0]);
    }
    expect(await entries()).toBe(before);
    const [deleted] = must(await admin.query("audit.search", { actions: ["user.deleted"] })).items;
    expect(deleted).toMatchObject({ target: { kind: "user", id: member.id, label: null } });
    await expect
      .poll(
        async () => (await server.owner`select 1 from events where user_id = ${member.id}`).length,
      )
      .toBe(0);
    expect((await admin.mutate("users.delete", { id: member.id })).status).toBe(404);
  });

  test.each(["agents", "api_keys", "webhooks", "alert_rules", "sessions"])(
    "deleting gives way to whoever has locked the user's %s and then needs the user",
    async (table) => {
      const member = await server.member();
      await server.apiKey(member);
      must(await member.mutate("webhooks.create", { name: "w", url: "http://8.8.8.8/" }));
      const rule = { name: "r", query: "", threshold: 1, windowMinutes: 5 };
      must(await member.mutate("alertRules.create", rule));
      const waiting = async () => {
        const [row] = await server.owner`
          select count(*)::int from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'
            and query ilike '%delete%user%'`;
        return row?.count;
      };
      const { deletion } = await server.owner.begin(async (other) => {
        const locked = await other`
          select from ${other(table)} where user_id = ${member.id} for update`;
        expect(locked.length).toBeGreaterThan(0);
        const deleting = admin.mutate("users.delete", { id: member.id });
        await expect.poll(waiting, { interval: 10 }).toBeGreaterThan(0);
        // As every insertion of something that refers to the user.
        await other`select from users where id = ${member.id} for key share`;
        return { deletion: deleting };
      });
      expect((await deletion).status).toBe(200);
    },
  );

  test("oneself is not the way out", async () => {
    for (const name of ["disable", "delete"]) {
      const answer = await call(admin, name, { id: adminId });
      expect([name, answer.status, reason(answer)]).toEqual([name, 409, "own_account"]);
    }
    // One's own sessions but this one.
    const other = await server.signIn("admin@example.org");
    must(await admin.mutate("users.revokeSessions", { id: adminId }));
    expect((await other.query("auth.me")).status).toBe(401);
    expect((await admin.query("auth.me")).status).toBe(200);
  });
});
