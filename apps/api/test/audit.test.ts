import { auditActionNames } from "@muniment/shared/audit-actions.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { personalColumnsOf } from "../src/audit/sealed-personal.ts";
import { clientKey } from "../src/limits/client-key.ts";
import { fromNewAddress } from "./addresses.ts";
import { type Answer, type Client, createClient } from "./client.ts";
import { createClock } from "./clock.ts";
import { must, password, startTestServer, type TestServer } from "./harness.ts";

const clock = createClock();
let server: TestServer;
let admin: Client;
beforeAll(async () => {
  server = await startTestServer({ now: clock.now, env: { TRUST_PROXY: "1", SIGN_UP: "open" } });
  admin = await server.admin();
});
afterAll(() => server.stop());

const reason = (answer: Answer) => answer.error?.data.reason;
type Entry = {
  id: string;
  at: string;
  action: string;
  actor: { kind: string; id: string | null; label: string | null };
  target: { kind: string; id: string | null; label: string | null } | null;
  details: Record<string, unknown>;
  [field: string]: unknown;
};
const search = async (input: object = {}): Promise<Entry[]> =>
  must(await admin.query("audit.search", { limit: 100, ...input })).items;

/** The entries of one caller by action, once there are so many. */
const entriesOf = async (actorId: string) =>
  (await search({ actorId })).map(({ action }) => action);

describe("every change", () => {
  test("leaves its entry, with who did what to which target, from where", async () => {
    const headers = { ...fromNewAddress(), "user-agent": "Tests/1.0" };
    const client = server.anonymous(headers);
    const email = "walker@example.org";
    const { user } = must(
      await client.mutate("auth.signUp", { email, password, displayName: "W" }),
    );
    const signedIn = await client.mutate("auth.signIn", { email, password });
    must(signedIn);
    const { id: agentId } = must(await client.mutate("agents.create", { name: "agent" }));
    must(await client.mutate("agents.update", { id: agentId, name: "renamed" }));
    const input = { agentId, name: "key", scopes: ["events:read"] };
    const { id: keyId } = must(await client.mutate("apiKeys.create", input));
    const { id: nextId } = must(
      await client.mutate("apiKeys.rotate", { id: keyId, overlapSeconds: 5 }),
    );
    must(await client.mutate("apiKeys.revoke", { id: nextId }));
    must(await client.mutate("agents.delete", { id: agentId }));
    must(await client.mutate("account.update", { displayName: "Walker" }));
    must(await client.mutate("auth.reauthenticate", { password }));
    must(await client.mutate("sessions.revokeOthers"));
    const changed = { currentPassword: password, password: "another long passphrase" };
    must(await client.mutate("account.changePassword", changed));
    const signedOut = await client.mutate("auth.signOut");
    must(signedOut);
    const entries = await entriesOf(user.id);
    // The browser's session of the sign-up ended when it signed in.
    expect(entries.filter((action) => action === "session.ended")).toHaveLength(2);
    expect(entries[0]).toBe("session.ended");
    const others = entries.filter((action) => action !== "session.ended");
    // A rotation leaves both, of one moment.
    expect(others.splice(6, 2).sort()).toEqual(["api_key.created", "api_key.rotated"]);
    expect(others).toEqual([
      "account.password_changed",
      "session.revoked",
      "session.reauthenticated",
      "account.updated",
      "agent.deleted",
      "api_key.revoked",
      "api_key.created",
      "agent.updated",
      "agent.created",
      "session.created",
      "user.signed_up",
    ]);
    const [ended] = await search({ actorId: user.id, actions: ["session.ended"] });
    expect(ended).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      index: expect.toBeOneOf([null, expect.any(Number)]),
      at: expect.any(String),
      actor: { kind: "user", id: user.id, label: email },
      action: "session.ended",
      target: { kind: "session", id: expect.any(String), label: null },
      outcome: "success",
      address: headers["x-forwarded-for"],
      requestId: signedOut.headers.get("x-request-id"),
      details: {},
    });
    expect(must(await admin.query("audit.get", { id: ended?.id }))).toMatchObject({
      ...ended,
      index: expect.toBeOneOf([null, expect.any(Number)]),
    });
    const [updated] = await search({ targetId: agentId, actions: ["agent.updated"] });
    expect(updated).toMatchObject({ details: { fields: ["name"] }, target: { label: "renamed" } });
  });

  test("by an administrator leaves one too, about the user it is about", async () => {
    const { id } = must(await admin.query("auth.me"));
    const member = await server.member();
    must(await admin.mutate("users.disable", { id: member.id }));
    must(await admin.mutate("users.enable", { id: member.id }));
    must(await admin.mutate("users.setRole", { id: member.id, role: "auditor" }));
    must(await admin.mutate("users.revokeSessions", { id: member.id }));
    must(await admin.mutate("users.unlock", { id: member.id }));
    must(await admin.mutate("users.delete", { id: member.id }));
    const entries = await search({ targetId: member.id });
    expect(entries.map(({ action, details }) => [action, details])).toEqual([
      ["user.deleted", { erasureId: expect.any(String), keys: [expect.any(String)] }],
      ["user.unlocked", {}],
      ["user.sessions_revoked", { revoked: 0 }],
      ["user.role_changed", { from: "member", to: "auditor" }],
      ["user.enabled", {}],
      ["user.disabled", {}],
    ]);
    for (const { actor, target } of entries) {
      expect(actor).toEqual({ kind: "user", id, label: "admin@example.org" });
      // The last of them took the key away that the address was encrypted under.
      expect(target).toEqual({ kind: "user", id: member.id, label: null });
    }
  });

  test("keeps personal data in its own column, encrypted, and no other", async () => {
    // The server's own addresses, among the settings of its start, are nobody's.
    const columns = await server.owner`
      select string_agg((to_jsonb(e) - 'personal'
               #- '{details,settings,PUBLIC_URL}')::text, ' ') as rest,
             string_agg(personal::text, ' ') as personal from audit_entries e`;
    const { rest, personal } = columns[0] ?? {};
    const people = await server.owner`select email from users`;
    for (const { email } of people) expect(rest).not.toContain(email);
    const telling = /@|\d+\.\d+\.\d+\.\d+|Tests\/1\.0|renamed/;
    expect(rest).not.toMatch(telling);
    expect(personal).not.toMatch(telling);
    const entries = await server.owner`select * from audit_entries`;
    const opened = JSON.stringify(await server.deps.dataKeys.open(entries.map(personalColumnsOf)));
    expect(opened).toContain("admin@example.org");
    expect(opened).toContain("Tests/1.0");
    expect(`${rest}${personal}`).not.toContain(password);
  });

  test("tells nothing of a person that was put there from another entry", async () => {
    const client = await server.member("swapped@example.org");
    const ids: string[] = [];
    for (const name of ["first agent", "second agent"])
      ids.push(must(await client.mutate("agents.create", { name })).id);
    // What is compared below has its place from now on.
    await server.deps.sealer.seal();
    const entry = async (targetId: string) =>
      (await search({ actions: ["agent.created"], targetId }))[0];
    const [first, second] = [await entry(ids[0] ?? ""), await entry(ids[1] ?? "")];
    expect([first?.target?.label, second?.target?.label]).toEqual(["first agent", "second agent"]);
    await server.owner`
      update audit_entries set personal = (select personal from audit_entries where id = ${first?.id ?? ""})
      where id = ${second?.id ?? ""}`;
    // Who acted is the same in both, so that is still what the log committed to.
    const told = { actor: second?.actor, target: { label: null }, address: second?.address };
    expect(await entry(ids[1] ?? "")).toMatchObject(told);
    expect(must(await admin.query("audit.get", { id: second?.id }))).toMatchObject(told);
    expect(await entry(ids[0] ?? "")).toEqual(first);
  });
});

describe("a refusal", () => {
  beforeEach(() => clock.advanceToMinute());

  test("folds with its like into one entry a minute, seen within two seconds", async () => {
    const headers = fromNewAddress();
    const member = await server.member();
    const caller = createClient(server.url, headers);
    caller.cookie = member.cookie;
    for (let count = 0; count < 12; count += 1) await caller.query("users.list");
    for (let count = 0; count < 3; count += 1) await caller.query("limits.list");
    const refusals = async () => {
      const entries = await search({ actorId: member.id, outcomes: ["refused"] });
      return entries.map(({ action, target, details }) => [action, target?.id, details]);
    };
    const detail = (procedure: string, count: number) => ({
      procedure,
      reason: "not_permitted",
      count,
    });
    const expected = [
      ["call.refused", "limits.list", detail("limits.list", 3)],
      ["call.refused", "users.list", detail("users.list", 12)],
    ];
    await expect.poll(refusals, { interval: 50 }).toEqual(expected);
    // The next minute has an entry of its own; what was counted stays.
    clock.advance(60);
    await caller.query("users.list");
    await expect
      .poll(refusals, { interval: 50 })
      .toEqual([["call.refused", "users.list", detail("users.list", 1)], ...expected]);
  });

  test("of a sign-in is an action of its own and tells which account was tried, and no password", async () => {
    const headers = fromNewAddress();
    const stranger = server.anonymous(headers);
    const tried = [...Array(7).fill("admin@example.org"), "nobody@example.org"];
    for (const email of tried) {
      await stranger.mutate("auth.signIn", { email, password: "hunter2 hunter2 hunter2" });
    }
    const mine = async () =>
      (await search({ actions: ["sign_in.refused"] }))
        .filter(({ address }) => address === headers["x-forwarded-for"])
        .map(({ actor, target, details }) => [actor.kind, target?.label, details]);
    const refused = (email: string, reason: string, count: number) => [
      "anonymous",
      email,
      { procedure: "auth.signIn", reason, count },
    ];
    await expect
      .poll(mine, { interval: 50 })
      .toEqual([
        refused("nobody@example.org", "invalid_credentials", 1),
        refused("admin@example.org", "rate_limited", 2),
        refused("admin@example.org", "invalid_credentials", 5),
      ]);
    const [dump] = await server.owner`
      select string_agg(r::text, ' ') as text,
             string_agg((to_jsonb(r) - 'personal')::text, ' ') as impersonal from audit_refusals r`;
    expect(dump?.text).not.toContain("hunter2");
    expect(dump?.impersonal).not.toContain("@example.org");
  });

  test("is told apart by caller: each API key", async () => {
    const member = await server.member();
    const { key, agentId } = await server.apiKey(member, { scopes: ["events:write"] });
    const second = { agentId, name: "second", scopes: ["events:write"] };
    const { key: other } = must(await member.mutate("apiKeys.create", second));
    for (const given of [key, other, other])
      await createClient(server.url, { authorization: `Bearer ${given}` }).query("events.search");
    const refused = async () =>
      (await search({ outcomes: ["refused"] }))
        .filter(({ details }) => details.reason === "missing_scope")
        .map(({ actor, details }) => [actor.kind, actor.label, details.count])
        .sort();
    await expect.poll(refused, { interval: 50 }).toEqual(
      [
        ["apiKey", key.slice(0, 12), 1],
        ["apiKey", other.slice(0, 12), 2],
      ].sort(),
    );
  });

  test("is told apart by address, so that a stolen session does not hide behind its owner", async () => {
    const member = await server.member();
    const [home, elsewhere] = [fromNewAddress(), fromNewAddress()];
    for (const headers of [home, elsewhere, elsewhere]) {
      const caller = createClient(server.url, headers);
      caller.cookie = member.cookie;
      await caller.query("users.list");
    }
    const refused = async () =>
      (await search({ actorId: member.id, outcomes: ["refused"] })).map(({ address, details }) => [
        address,
        details.count,
      ]);
    await expect.poll(refused, { interval: 50 }).toEqual([
      [elsewhere["x-forwarded-for"], 2],
      [home["x-forwarded-for"], 1],
    ]);
  });

  test("from a foreign page is recorded, with the user whose cookie came along", async () => {
    const member = await server.member();
    const foreign = createClient(server.url, { origin: "https://evil.example" });
    foreign.cookie = member.cookie;
    await foreign.mutate("agents.create", { name: "x" });
    await expect
      .poll(async () =>
        (await search({ actorId: member.id, outcomes: ["refused"] })).map(({ details }) => details),
      )
      .toEqual([{ procedure: "agents.create", reason: "origin_not_allowed", count: 1 }]);
  });

  test("stays the same entry when its minute is closed into the log", async () => {
    const member = await server.member();
    await member.query("users.list");
    const find = async () => (await search({ actorId: member.id, outcomes: ["refused"] }))[0];
    await expect.poll(find).toBeDefined();
    const before = await find();
    clock.advance(130);
    await server.deps.folding.close();
    const [row] =
      await server.owner`select details, personal from audit_entries where id = ${before?.id ?? ""}`;
    expect(row?.details).toEqual({ procedure: "users.list", reason: "not_permitted", count: 1 });
    expect(
      await server.owner`select 1 from audit_refusals where id = ${before?.id ?? ""}`,
    ).toHaveLength(0);
    admin = await server.signIn("admin@example.org");
    expect(await find()).toEqual({
      ...before,
      index: expect.toBeOneOf([null, expect.any(Number)]),
    });
  });

  test("by what is no procedure leaves an entry as well, under a name of ours", async () => {
    const headers = fromNewAddress();
    const address = headers["x-forwarded-for"];
    const get = (path: string) => server.fetch(path, { headers });
    expect((await get("/exports/unknown")).status).toBe(401);
    expect((await get("/audit-exports/unknown")).status).toBe(401);
    expect((await get("/api/v1/exports/unknown")).status).toBe(401);
    const { limits } = server.deps;
    const used = async () => (await limits.consume("general_address", clientKey(address))).allowed;
    while (await used());
    const limited = ["/audit/checkpoint", "/witness/keys", "/trpc/made.up1", "/trpc/made.up2"];
    const tooMany = `/trpc/${Array(11).fill("auth.me").join(",")}?batch=1`;
    for (const path of [...limited, tooMany, tooMany]) expect((await get(path)).status).toBe(429);
    const mine = async () =>
      (await search({ actions: ["call.refused"], limit: 100 }))
        .filter((entry) => entry.address === address)
        .map(({ details }) => [details.procedure, details.reason, details.count])
        .sort();
    await expect.poll(mine, { interval: 50 }).toEqual([
      ["audit", "rate_limited", 1],
      ["audit.export", "not_signed_in", 1],
      ["exports", "not_signed_in", 1],
      ["exports.get", "not_signed_in", 1],
      ["trpc", "rate_limited", 4],
      ["witness", "rate_limited", 1],
    ]);
  });

  test("that could not be written is written later, with its count", async () => {
    const member = await server.member();
    await server.owner`alter table audit_refusals rename to hidden_refusals`;
    try {
      for (let count = 0; count < 3; count += 1) await member.query("users.list");
      // Longer than the second after which it is tried.
      await new Promise((resolve) => setTimeout(resolve, 1300));
      await member.query("users.list");
    } finally {
      await server.owner`alter table hidden_refusals rename to audit_refusals`;
    }
    const counts = async () =>
      (await search({ actorId: member.id, outcomes: ["refused"] })).reduce(
        (sum, { details }) => sum + Number(details.count),
        0,
      );
    await expect.poll(counts).toBe(4);
  });
});

describe("searching", () => {
  test("filters by action, outcome, actor, target and time", async () => {
    const member = await server.member();
    const from = clock.now().toISOString();
    clock.advance(2);
    const { id } = must(await member.mutate("agents.create", { name: "a" }));
    clock.advance(2);
    const to = clock.now().toISOString();
    must(await member.mutate("agents.delete", { id }));
    expect(await search({ from, to })).toMatchObject([{ action: "agent.created", target: { id } }]);
    expect((await search({ targetId: id })).map(({ action }) => action)).toEqual([
      "agent.deleted",
      "agent.created",
    ]);
    expect(await search({ targetId: id, actions: ["agent.deleted"] })).toHaveLength(1);
    expect(await search({ targetId: id, outcomes: ["refused"] })).toEqual([]);
    expect(await search({ actorId: member.id, from: to })).toMatchObject([
      { action: "agent.deleted" },
    ]);
    // `from` is inclusive, `to` exclusive.
    const [created] = await search({ targetId: id, actions: ["agent.created"] });
    const at = created?.at ?? "";
    expect(
      await search({ targetId: id, from: at, to: new Date(Date.parse(at) + 1).toISOString() }),
    ).toHaveLength(1);
    expect(await search({ targetId: id, to: at })).toEqual([]);
    expect(await search({ targetId: "' or true --" })).toEqual([]);
  });

  test("pages newest first, each entry once, also when new ones come between", async () => {
    const member = await server.member();
    for (let count = 0; count < 7; count += 1)
      must(await member.mutate("agents.create", { name: "a" }));
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: { items: Entry[]; nextCursor: string | null } = must(
        await admin.query("audit.search", {
          actorId: member.id,
          actions: ["agent.created"],
          limit: 3,
          ...(cursor ? { cursor } : {}),
        }),
      );
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
      if (seen.length === 3) must(await member.mutate("agents.create", { name: "late" }));
    } while (cursor);
    expect(seen).toHaveLength(7);
    expect(new Set(seen).size).toBe(7);
    expect([...seen].sort().reverse()).toEqual(seen);
  });

  test("refuses a cursor that came with other filters", async () => {
    await server.member();
    const page = must(await admin.query("audit.search", { limit: 1 }));
    const cursor = page.nextCursor;
    expect((await admin.query("audit.search", { limit: 2, cursor })).status).toBe(200);
    const other = await admin.query("audit.search", { cursor, actions: ["agent.created"] });
    expect([other.status, reason(other)]).toEqual([400, "invalid_cursor"]);
  });

  test("refuses a cursor of another list, and one that was touched", async () => {
    await server.member();
    const audit = must(await admin.query("audit.search", { limit: 1 })).nextCursor;
    const users = must(await admin.query("users.list", { limit: 1 })).nextCursor;
    const touched = (audit.startsWith("A") ? "B" : "A") + audit.slice(1);
    for (const cursor of [users, touched, "x", `${audit}=`, audit.slice(0, -1)]) {
      const answer = await admin.query("audit.search", { cursor });
      expect([cursor, answer.status, reason(answer)]).toEqual([cursor, 400, "invalid_cursor"]);
    }
  });

  test.each([
    ["an unknown action", { actions: ["agent.exploded"] }],
    ["no actions", { actions: [] }],
    ["an unknown outcome", { outcomes: ["maybe"] }],
    ["a time that is none", { from: "2026-02-30T00:00:00Z" }],
    ["a time without zone", { from: "2026-02-03T00:00:00" }],
    ["a limit too large", { limit: 101 }],
    ["a limit of none", { limit: 0 }],
    ["an unknown field", { action: "agent.created" }],
  ])("refuses %s", async (_, input) => {
    expect(reason(await admin.query("audit.search", input))).toBe("invalid_input");
  });

  test("takes every action that there is", async () => {
    for (const action of auditActionNames)
      expect((await admin.query("audit.search", { actions: [action] })).status).toBe(200);
  });

  test("is for auditors and administrators", async () => {
    const auditor = await server.user("auditor");
    const member = await server.member();
    const [entry] = await search();
    expect((await auditor.query("audit.search")).status).toBe(200);
    expect((await auditor.query("audit.get", { id: entry?.id })).status).toBe(200);
    for (const client of [member, server.anonymous()]) {
      const status = client === member ? 403 : 401;
      expect((await client.query("audit.search")).status).toBe(status);
      expect((await client.query("audit.get", { id: entry?.id })).status).toBe(status);
    }
    const unknown = await auditor.query("audit.get", {
      id: "01890000-0000-7000-8000-000000000000",
    });
    expect([unknown.status, reason(unknown)]).toEqual([404, "not_found"]);
  });
});
