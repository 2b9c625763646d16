import { v7 as uuidv7 } from "uuid";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createFolding } from "../src/audit/folding.ts";
import { recordReads } from "../src/audit/reads.ts";
import { writeAuditEntry } from "../src/audit/write.ts";
import { importUsers } from "../src/identity/import-users.ts";
import { hashPassword } from "../src/identity/password.ts";
import type { ApiKeyPrincipal } from "../src/identity/principal.ts";
import { callerOf } from "./caller.ts";
import type { Client } from "./client.ts";
import { must, password, startTestServer, type TestServer, type UserClient } from "./harness.ts";

let server: TestServer;
let admin: Client;
let auditor: UserClient;
let member: UserClient;

beforeAll(async () => {
  server = await startTestServer();
  admin = await server.admin();
  auditor = await server.user("auditor");
  member = await server.member();
});
afterAll(() => server.stop());

/** What a user is shown, once it was written. */
async function accessesOf(client: Client) {
  await server.deps.folding.flush();
  return must(await client.query("data.accesses")).items;
}

/** A reader as a call of theirs has them. */
function readerOf(reader: UserClient) {
  const { principal, request } = callerOf(reader, "auditor");
  return [principal, request] as const;
}

/** Enters an act of an API key. */
function enterByKey(
  key: Pick<ApiKeyPrincipal, "userId" | "keyId" | "agentId">,
  target: { kind: string; id: string },
) {
  const [scopes, allowedCidrs, eventTypes, origins] = [[], [], [], []];
  const rights = { role: "member", retentionDays: null, scopes, allowedCidrs } as const;
  const principal = {
    kind: "apiKey",
    prefix: "mnt_",
    ...rights,
    eventTypes,
    origins,
    ...key,
  } as const;
  const { database, dataKeys, now } = server.deps;
  return database.transaction({}, (tx) =>
    writeAuditEntry(tx, dataKeys, {
      at: now(),
      principal,
      action: "agent.updated",
      outcome: "success",
      target,
      details: { fields: ["name"] },
    }),
  );
}

describe("who looked at a user's data", () => {
  test("is shown to that user, each procedure once a minute with a count", async () => {
    expect(await accessesOf(member)).toEqual([]);
    for (let times = 0; times < 3; times += 1) {
      must(await auditor.query("users.get", { id: member.id }));
    }
    must(await auditor.query("users.sessions", { id: member.id }));
    const shown = await accessesOf(member);
    const by = { displayName: "auditor", role: "auditor" };
    const counts = shown.map((item: { procedure: string; count: number }) => [
      item.procedure,
      item.count,
    ]);
    expect(new Set(shown.map((item: { action: string }) => item.action))).toEqual(
      new Set(["data.read"]),
    );
    expect(shown[0].by).toEqual(by);
    const total = (of: string) =>
      counts
        .filter(([procedure]: [string]) => procedure === of)
        .reduce((sum: number, [, count]: [string, number]) => sum + count, 0);
    expect([total("users.get"), total("users.sessions")]).toEqual([3, 1]);
    // One entry a procedure, and one more each where the minute ended in between.
    expect(shown.length).toBeLessThanOrEqual(4);
  });

  test("tells of lists, of the audit log narrowed to the user, and of one entry of it", async () => {
    const other = await server.member();
    must(await admin.query("users.list", { text: other.email }));
    const { items } = must(await admin.query("audit.search", { actorId: other.id }));
    must(await admin.query("audit.get", { id: items[0].id }));
    const procedures = (await accessesOf(other)).map(
      ({ procedure }: { procedure: string }) => procedure,
    );
    expect(procedures.sort()).toEqual(["audit.get", "audit.search", "users.list"]);
  });

  test("tells what an administrator changed, and not what the user did", async () => {
    const other = await server.member();
    must(await other.mutate("account.update", { displayName: "Renamed" }));
    must(await admin.mutate("users.revokeSessions", { id: other.id }));
    const again = await server.signIn(other.email);
    expect(await accessesOf(again)).toMatchObject([
      { action: "user.sessions_revoked", procedure: null, count: 1, by: { role: "admin" } },
    ]);
  });

  test("is nobody else's to see", async () => {
    const other = await server.member();
    expect(await accessesOf(other)).toEqual([]);
    expect((await server.anonymous().query("data.accesses")).status).toBe(401);
  });

  test("leaves out what users look at of their own", async () => {
    must(await auditor.query("users.get", { id: auditor.id }));
    expect(await accessesOf(auditor)).toEqual([]);
  });
});

/** What the newest entry of an action by somebody says, once it was written. */
async function newestOf(action: string, actorId: string) {
  await server.deps.folding.flush();
  return must(await admin.query("audit.search", { actions: [action], actorId })).items[0];
}

describe("an answer about many people", () => {
  test("names each of them in one entry, and each sees it", async () => {
    const people: UserClient[] = [];
    for (let made = 0; made < 21; made += 1) people.push(await server.member(`many-${made}@a.org`));
    const stranger = await server.member();
    must(await auditor.query("users.list", { text: "many-" }));
    const { target, details } = await newestOf("data.read", auditor.id);
    expect(target).toEqual({ kind: "users", id: null, label: null });
    expect(details.subjects).toEqual(people.map(({ id }) => id).sort());
    for (const one of people) {
      expect(await accessesOf(one)).toMatchObject([
        { procedure: "users.list", everyone: false, by: { role: "auditor" } },
      ]);
      const told = must(await admin.query("audit.search", { targetId: one.id })).items;
      expect(told).toMatchObject([{ action: "data.read", actor: { id: auditor.id } }]);
    }
    expect(await accessesOf(stranger)).toEqual([]);
  });

  test("names the owner of an API key whose acts are looked at, in a list and in an export", async () => {
    const other = await server.member();
    const { id, agentId, key } = await server.apiKey(other);
    const withKey = server.anonymous({ authorization: `Bearer ${key}` });
    expect((await withKey.query("users.list")).status).toBe(401);
    await server.deps.folding.flush();
    const { items } = must(await auditor.query("audit.search", { actorId: id }));
    expect(items).toMatchObject([{ action: "call.refused", actor: { kind: "apiKey" } }]);
    await enterByKey({ userId: other.id, keyId: id, agentId }, { kind: "agent", id: agentId });
    await server.deps.sealer.seal();
    const [last] = await server.owner`
      select l.index from audit_leaves l join audit_entries e on e.id = l.entry_id
      where e.actor_id = ${id}`;
    const from = Number(last?.index);
    must(await auditor.mutate("audit.export", { format: "csv", from, to: from + 1 }));
    const said = (await accessesOf(other)).map((item: { action: string }) => item.action);
    expect(said).toEqual(["audit.exported", "data.read"]);
  });

  test("is told of to everybody who had an account, where an entry cannot name them all", async () => {
    const before = await server.member();
    const shown = Array.from({ length: 201 }, (_, at) => ({ id: `${at}` }));
    const { folding, now } = server.deps;
    recordReads(folding, now(), ...readerOf(auditor), "users.list", {
      shown,
      list: "users",
    });
    expect((await newestOf("data.read", auditor.id)).details).toEqual({
      procedure: "users.list",
      everyone: true,
      count: 1,
    });
    const after = await server.member();
    expect(await accessesOf(before)).toMatchObject([{ procedure: "users.list", everyone: true }]);
    expect(await accessesOf(after)).toEqual([]);
  });

  test("names the people of evidence and of an export of the audit log", async () => {
    const other = await server.member();
    must(await other.mutate("agents.create", { name: "a" }));
    await server.deps.sealer.seal();
    const [last] = await server.owner`
      select max(l.index) as index from audit_leaves l join audit_entries e on e.id = l.entry_id
      where e.actor_id = ${other.id}`;
    const from = Number(last?.index);
    must(await auditor.query("audit.evidence", { from, count: 1 }));
    must(await auditor.mutate("audit.export", { format: "csv", from, to: from + 1 }));
    const stranger = await server.member();
    await server.deps.sealer.seal();
    must(await auditor.mutate("audit.export", { format: "ndjson" }));
    const shown = await accessesOf(other);
    const said = shown.map((item: { action: string; procedure: string | null }) => [
      item.action,
      item.procedure,
    ]);
    expect(said).toContainEqual(["data.read", "audit.evidence"]);
    expect(said.filter(([action]: [string]) => action === "audit.exported")).toHaveLength(2);
    // Of all entries, hers of signing in among them.
    expect(await accessesOf(stranger)).toMatchObject([{ action: "audit.exported" }]);
  });

  test("keeps its reader where too many different reads come at once", async () => {
    const folding = createFolding(
      server.deps.database,
      server.deps.dataKeys,
      server.deps.secrets.foldedCallers,
      server.deps.now,
    );
    const other = await server.member();
    const [first, second] = [readerOf(auditor), readerOf(await server.user("auditor"))];
    const read = (reader: typeof first, id: string) =>
      recordReads(folding, server.deps.now(), ...reader, "users.get", {
        shown: [{ id }],
        list: "users",
      });
    for (let made = 0; made < 5000; made += 1) read(first, uuidv7());
    read(first, other.id);
    read(second, other.id);
    await folding.flush();
    const seen = await accessesOf(other);
    await server.owner`delete from audit_refusals`;
    expect(seen).toMatchObject([
      { procedure: "users.get", everyone: true, by: { displayName: "auditor" } },
      { procedure: "users.get", everyone: true, by: { displayName: "auditor" } },
    ]);
  });
});

test("acts of the system and of its operator on an account are its owner's to see", async () => {
  const passwordHash = await hashPassword(password, server.deps.config.argon2);
  const line = JSON.stringify({ email: "moved@example.org", displayName: "M", passwordHash });
  const { problems } = await importUsers(server.deps, line, { dryRun: false, now: new Date() });
  expect(problems).toEqual([]);
  expect(await accessesOf(await server.signIn("moved@example.org"))).toMatchObject([
    { action: "user.imported", actor: "system", by: null, everyone: false },
  ]);
});

test("what somebody's API key did to an account is shown as theirs, and not what one's own did", async () => {
  const other = await server.member();
  const somebody = await server.member();
  const [own, foreign] = [await server.apiKey(other), await server.apiKey(somebody)];
  const account = { kind: "user", id: other.id };
  await enterByKey({ userId: other.id, keyId: own.id, agentId: own.agentId }, account);
  await enterByKey({ userId: somebody.id, keyId: foreign.id, agentId: foreign.agentId }, account);
  expect(await accessesOf(other)).toMatchObject([
    { action: "agent.updated", actor: "user", by: { displayName: "member", role: "member" } },
  ]);
});

test("what a key did is its owner's as long as the account is there, also where key and agent are not", async () => {
  const other = await server.member();
  const somebody = await server.member();
  const made = await server.apiKey(somebody);
  const next = must(await somebody.mutate("apiKeys.rotate", { id: made.id, overlapSeconds: 30 }));
  const keyIds = [made.id, next.id];
  for (const keyId of keyIds) {
    const by = { userId: somebody.id, keyId, agentId: made.agentId };
    await enterByKey(by, { kind: "user", id: other.id });
    await enterByKey(by, { kind: "user", id: somebody.id });
  }
  must(await somebody.mutate("agents.delete", { id: made.agentId }));
  const byKeys = { action: "agent.updated", actor: "user" };
  const byMember = { ...byKeys, by: { displayName: "member", role: "member" } };
  expect(await accessesOf(other)).toMatchObject([byMember, byMember]);
  expect(await accessesOf(somebody)).toEqual([]);
  for (const actorId of keyIds) must(await auditor.query("audit.search", { actorId }));
  const shown = await accessesOf(somebody);
  expect(shown.reduce((sum: number, { count }: { count: number }) => sum + count, 0)).toBe(2);
  must(await admin.mutate("users.delete", { id: somebody.id }));
  const byNobody = { ...byKeys, by: null };
  expect((await accessesOf(other)).slice(-2)).toMatchObject([byNobody, byNobody]);
});

test("the whole log and invitations are entered as such where they name nobody of an account", async () => {
  must(await auditor.query("audit.timeseries"));
  must(await auditor.query("users.invitations"));
  await server.deps.folding.flush();
  const { items } = must(
    await admin.query("audit.search", { actions: ["data.read"], actorId: auditor.id }),
  );
  const about = items.map(({ target }: { target: { kind: string; id: string | null } }) => target);
  for (const kind of ["audit_log", "invitations"]) {
    expect(about).toContainEqual({ kind, id: null, label: null });
  }
});
