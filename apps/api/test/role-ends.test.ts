import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { endRoles } from "../src/identity/end-roles.ts";
import { type Answer, createClient } from "./client.ts";
import { createClock } from "./clock.ts";
import { must, password, startTestServer, type TestServer, type UserClient } from "./harness.ts";
import { mailsTo, tokenIn } from "./outbox.ts";

let server: TestServer;
let admin: UserClient;
const clock = createClock();
beforeAll(async () => {
  server = await startTestServer({ now: clock.now });
  admin = await server.user("admin");
  // What is shown here must hold without the job that writes it down.
  const stop = () => server.owner`
    update jobs set locked_until = '2999-01-01'
    where queue = 'end-roles' and locked_until is null returning id`;
  await vi.waitFor(async () => expect(await stop()).toHaveLength(1), 30_000);
});
// The clock leaps, and setting a role asks for a password of late.
beforeEach(async () => void must(await admin.mutate("auth.reauthenticate", { password })));
afterAll(() => server.stop());

const outcome = ({ status, error }: Answer) => [status, error?.data.reason];
const later = (seconds: number) => new Date(clock.now().getTime() + seconds * 1000).toISOString();
const setRole = (id: string, role: string, until?: string) =>
  admin.mutate("users.setRole", { id, role, until });
const show = async (id: string) => must(await admin.query("users.get", { id }));

/** Somebody who is an auditor for two more minutes, or so long, signed in as one. */
async function auditorForNow(seconds = 120) {
  const { id, email } = await server.member();
  must(await setRole(id, "auditor", later(seconds)));
  return { id, email, client: await server.signIn(email) };
}

test("the role of an auditor is over at its time, in sessions and tokens, before anything wrote it down", async () => {
  const { id, email, client } = await auditorForNow(240);
  const { accessToken } = must(
    await server.anonymous().mutate("tokens.issue", { email, password }),
  );
  const program = createClient(server.url, { authorization: `Bearer ${accessToken}` });
  const ask = async () => [
    outcome(await client.query("audit.search", {})),
    outcome(await program.query("audit.search", {})),
  ];
  const allowed = [200, undefined];
  const refused = [403, "not_permitted"];
  expect(await ask()).toEqual([allowed, allowed]);
  clock.advance(180);
  expect(await ask()).toEqual([allowed, allowed]);
  clock.advance(61);
  expect(await ask()).toEqual([refused, refused]);
  expect(must(await client.query("auth.me")).role).toBe("member");
  const again = await server.signIn(email);
  expect(outcome(await again.query("users.get", { id }))).toEqual(refused);
});

test("an API key of an auditor has the rights of a member from then on", async () => {
  const owner = await server.member();
  const { key } = await server.apiKey(owner);
  const send = async () => {
    const { status } = await server.fetch("/api/v1/events", {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ events: [] }),
    });
    return status;
  };
  const asMember = await send();
  must(await setRole(owner.id, "auditor", later(120)));
  expect(await send()).toBe(403);
  expect(asMember).not.toBe(403);
  clock.advance(121);
  expect(await send()).toBe(asMember);
});

test("a stream that an auditor opened ends when the role does", async () => {
  const { client } = await auditorForNow();
  const response = await server.fetch("/trpc/events.tail", { headers: { cookie: client.cookie } });
  const reader = response.body?.getReader();
  expect((await reader?.read())?.done).toBe(false);
  clock.advance(121);
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read());
  expect(outcome(await client.query("audit.search", {}))).toEqual([403, "not_permitted"]);
});

test("what an auditor asked for of the audit log cannot be fetched after the end", async () => {
  const { id, client } = await auditorForNow();
  await server.deps.sealer.seal();
  // A ticket is good for a minute: the role must end within it, however long the calls take.
  const asked = clock.now();
  clock.stop(asked);
  try {
    must(await setRole(id, "auditor", later(30)));
    const { path } = must(await client.mutate("audit.export", { format: "csv" }));
    clock.stop(new Date(asked.getTime() + 31_000));
    const { status } = await server.fetch(path, { headers: { cookie: client.cookie } });
    expect(status).toBe(403);
  } finally {
    clock.advance(31);
    clock.start();
  }
});

test("the end of a role is written down once: role, sessions, an entry of the system, a mail", async () => {
  const { id, email, client } = await auditorForNow();
  const stays = await auditorForNow();
  must(await setRole(stays.id, "auditor", later(3600)));
  const run = endRoles(server.deps);
  await run();
  expect(await show(id)).toMatchObject({ role: "auditor", roleUntil: expect.any(String) });
  clock.advance(121);
  await Promise.all([run(), run()]);
  expect(await show(id)).toMatchObject({ role: "member", roleUntil: null, sessionCount: 0 });
  expect(await show(stays.id)).toMatchObject({ role: "auditor", sessionCount: 1 });
  expect(outcome(await client.query("auth.me"))).toEqual([401, "not_signed_in"]);
  const entries = await server.owner`
    select actor_kind, details from audit_entries
    where action = 'user.role_ended' and target_id = ${id}`;
  expect(entries).toEqual([{ actor_kind: "system", details: { from: "auditor", to: "member" } }]);
  const subjects = async () =>
    (await mailsTo(server, email)).map(({ headers }) => headers.get("subject"));
  await expect.poll(subjects).toContain("Your role has ended");
});

test("only an auditor can have an end, and only one that is to come", async () => {
  const { id } = await server.member();
  for (const role of ["member", "admin"]) {
    expect(outcome(await setRole(id, role, later(120)))).toEqual([400, "invalid_input"]);
  }
  expect(outcome(await setRole(id, "auditor", later(-1)))).toEqual([400, "invalid_range"]);
  await expect(
    server.owner`update users set role_until = now() where id = ${admin.id}`,
  ).rejects.toThrow("users_only_auditors_have_an_end");
  const until = later(120);
  expect(must(await setRole(id, "auditor", until)).roleUntil).toBe(until);
  const [entry] = await server.owner`
    select details from audit_entries where action = 'user.role_changed' and target_id = ${id}`;
  expect(entry?.details).toEqual({ from: "member", to: "auditor", until });
  expect(must(await setRole(id, "auditor")).roleUntil).toBeNull();
  must(await setRole(id, "auditor", until));
  expect(must(await setRole(id, "admin"))).toMatchObject({ role: "admin", roleUntil: null });
});

test("somebody is invited as an auditor for a time, and is a member from then on", async () => {
  const email = "guest@example.org";
  const until = later(200);
  const invited = must(await admin.mutate("users.invite", { email, role: "auditor", until }));
  expect(invited).toMatchObject({ role: "auditor", roleUntil: until });
  const { items } = must(await admin.query("users.invitations"));
  expect(items).toMatchObject([{ email, role: "auditor", roleUntil: until }]);
  const [mail] = await mailsTo(server, email);
  if (!mail) throw new Error("no mail");
  const told = `You will be an auditor until ${new Date(until).toUTCString()}`;
  expect(mail.text.replace(/\s+/g, " ")).toContain(told);
  const given = { email, password, displayName: "Guest", invitation: tokenIn(mail) };
  const { user } = must(await server.anonymous().mutate("auth.signUp", given));
  expect(user.role).toBe("auditor");
  expect((await show(user.id)).roleUntil).toBe(until);
  const asked = { actions: ["user.invited", "user.signed_up"] };
  const { items: entries } = must(await admin.query("audit.search", asked));
  expect(entries.slice(0, 2)).toMatchObject([
    { action: "user.signed_up", details: { role: "auditor", invited: true, until } },
    { action: "user.invited", details: { role: "auditor", until } },
  ]);
  const client = await server.signIn(email);
  expect(must(await client.query("auth.me")).role).toBe("auditor");
  clock.advance(201);
  expect(must(await client.query("auth.me")).role).toBe("member");
});

test("an invitation whose role ended meanwhile makes a member, and none ends who is no auditor", async () => {
  const email = "late@example.org";
  must(await admin.mutate("users.invite", { email, role: "auditor", until: later(60) }));
  const [mail] = await mailsTo(server, email);
  if (!mail) throw new Error("no mail");
  clock.advance(61);
  const given = { email, password, displayName: "Late", invitation: tokenIn(mail) };
  const { user } = must(await server.anonymous().mutate("auth.signUp", given));
  expect(await show(user.id)).toMatchObject({ role: "member", roleUntil: null });
  const invite = (role: string, until: string) =>
    admin.mutate("users.invite", { email: "x@example.org", role, until });
  expect(outcome(await invite("member", later(60)))).toEqual([400, "invalid_input"]);
  expect(outcome(await invite("auditor", later(-60)))).toEqual([400, "invalid_range"]);
});
