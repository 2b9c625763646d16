import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Client } from "./client.ts";
import { must, startTestServer, type TestServer, type UserClient } from "./harness.ts";

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

test("reading the whole log, or a long list, is one entry and names nobody", async () => {
  for (let made = 0; made < 21; made += 1) await server.member(`many-${made}@example.org`);
  must(await auditor.query("users.list", { text: "many-" }));
  must(await auditor.query("audit.search"));
  must(await auditor.query("users.invitations"));
  await server.deps.folding.flush();
  const { items } = must(
    await admin.query("audit.search", { actions: ["data.read"], actorId: auditor.id }),
  );
  const about = items.map(({ target }: { target: { kind: string; id: string | null } }) => target);
  for (const kind of ["users", "audit_log", "invitations"]) {
    expect(about).toContainEqual({ kind, id: null, label: null });
  }
  const named = await server.owner`
    select 1 from audit_refusals r join users u on u.id::text = r.target_id
    where email like 'many-%'`;
  expect(named).toEqual([]);
});
