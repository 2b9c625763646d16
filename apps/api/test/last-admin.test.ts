import { afterEach, beforeEach, expect, test } from "vitest";
import { importUsers } from "../src/identity/import-users.ts";
import type { Answer } from "./client.ts";
import { must, startTestServer, type TestServer, type UserClient } from "./harness.ts";
import { waitsForTest } from "./lock-waits.ts";

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server.stop());

const reason = (answer: Answer) => answer.error?.data.reason;
const admins = async () =>
  (await server.owner`select 1 from users where role = 'admin' and disabled_at is null`).length;
const demote = (by: UserClient, id: string) => by.mutate("users.setRole", { id, role: "member" });

test("the last administrator stays one, whatever is tried", async () => {
  const last = await server.user("admin");
  const shut = await server.user("admin");
  must(await last.mutate("users.disable", { id: shut.id }));
  const answer = await demote(last, last.id);
  expect([answer.status, reason(answer)]).toEqual([409, "last_admin"]);
  expect(await admins()).toBe(1);
  // One that is shut out counts as none, and may go.
  must(await last.mutate("users.delete", { id: shut.id }));
  const second = await server.user("admin");
  must(await demote(second, last.id));
  expect(reason(await demote(second, second.id))).toBe("last_admin");
});

test("an import cannot make the last administrator a member", async () => {
  const last = await server.user("admin");
  const line = JSON.stringify({
    email: last.email.toUpperCase(),
    displayName: "X",
    role: "member",
    passwordHash: `$2b$04$${"a".repeat(53)}`,
  });
  const options = { dryRun: false, now: server.deps.now() };
  const { problems } = await importUsers(server.deps, line, options);
  expect(problems).toEqual([{ line: 1, problem: "there is an account with this address" }]);
  expect(await admins()).toBe(1);
});

test.each([
  ["demote", (by: UserClient, id: string) => demote(by, id)],
  ["disable", (by: UserClient, id: string) => by.mutate("users.disable", { id })],
  ["delete", (by: UserClient, id: string) => by.mutate("users.delete", { id })],
])("of six administrators who %s each other at once, one remains", async (_, act) => {
  const all = await Promise.all(Array.from({ length: 6 }, () => server.user("admin")));
  await Promise.all(
    all.flatMap((by) => all.filter((target) => target !== by).map((target) => act(by, target.id))),
  );
  expect(await admins()).toBeGreaterThanOrEqual(1);
});

test("of administrators who demote, disable and delete each other at once, one remains, every time", async () => {
  const acts = [
    (by: UserClient, id: string) => demote(by, id),
    (by: UserClient, id: string) => by.mutate("users.disable", { id }),
    (by: UserClient, id: string) => by.mutate("users.delete", { id }),
  ];
  for (let round = 0; round < 4; round += 1) {
    await server.owner`update users set role = 'member'`;
    const [one, two, three] = [
      await server.user("admin"),
      await server.user("admin"),
      await server.user("admin"),
    ];
    const pairs = [one, two, three].flatMap((by) =>
      [one, two, three].map((target) => [by, target] as const),
    );
    const answers = await Promise.all(
      pairs.flatMap(([by, { id }]) => acts.map((act) => act(by, id))),
    );
    expect(await admins()).toBeGreaterThanOrEqual(1);
    // Whoever was too late is told so; nothing fails otherwise.
    for (const { status } of answers) expect([200, 401, 403, 404, 409]).toContain(status);
  }
  // A hundred and eight calls, a good part of which hash or encrypt.
});

test("a demotion that read the role before a promotion does not remove the last one", async () => {
  const first = await server.user("admin");
  const promoted = await server.member();
  // The promotion is under way: its change is made, and not committed yet.
  let commit: () => void = () => {};
  const held = new Promise<void>((resolve) => {
    commit = resolve;
  });
  let begun: () => void = () => {};
  const changed = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const promotion = server.owner.begin(async (sql) => {
    await sql`select pg_advisory_xact_lock(hashtext('muniment administrators'))`;
    await sql`update users set role = 'admin' where id = ${promoted.id}`;
    await sql`update users set role = 'member' where id = ${first.id}`;
    begun();
    await held;
  });
  await changed;
  const demotion = demote(first, promoted.id);
  await expect.poll(() => waitsForTest(server)).toBeGreaterThan(0);
  commit();
  await promotion;
  const answer = await demotion;
  expect([answer.status, reason(answer)]).toEqual([409, "last_admin"]);
  expect(await admins()).toBe(1);
});

test("a promotion waits for its turn too, and tells the role that it really changed", async () => {
  const first = await server.user("admin");
  const target = await server.member();
  let promotion: Promise<Answer> | undefined;
  await server.owner.begin(async (sql) => {
    await sql`select pg_advisory_xact_lock(hashtext('muniment administrators'))`;
    promotion = first.mutate("users.setRole", { id: target.id, role: "admin" });
    await expect.poll(() => waitsForTest(server)).toBeGreaterThan(0);
    await sql`update users set role = 'auditor' where id = ${target.id}`;
  });
  if (promotion) must(await promotion);
  const [entry] = await server.owner`
    select details from audit_entries where action = 'user.role_changed'`;
  expect(entry?.details).toEqual({ from: "auditor", to: "admin" });
});
