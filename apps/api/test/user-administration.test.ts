import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fromNewAddress } from "./addresses.ts";
import type { Answer } from "./client.ts";
import { must, password, startTestServer, type TestServer, type UserClient } from "./harness.ts";
import { mailsTo, tokenIn } from "./outbox.ts";

let server: TestServer;
let admin: UserClient;
let auditor: UserClient;
beforeAll(async () => {
  server = await startTestServer({ env: { TRUST_PROXY: "1" } });
  admin = await server.user("admin");
  auditor = await server.user("auditor");
});
afterAll(() => server.stop());

const reason = (answer: Answer) => answer.error?.data.reason;

describe("ASVS 6.4.6: a reset that an administrator starts", () => {
  test("mails the user a link, of which the administrator sees nothing", async () => {
    const member = await server.member();
    const answer = await admin.mutate("users.startPasswordReset", { id: member.id });
    expect(must(answer)).toEqual({ email: member.email, expiresAt: expect.any(String) });
    const [mail] = await mailsTo(server, member.email);
    if (!mail) throw new Error("no mail");
    expect(mail.text).toContain("An administrator asks you");
    const token = tokenIn(mail);
    const trail = must(await admin.query("audit.search", { targetId: member.id }));
    expect(JSON.stringify([answer.data, trail])).not.toContain(token);
    expect(trail.items[0]).toMatchObject({
      action: "user.password_reset_started",
      actor: { kind: "user", id: admin.id },
    });
    // Until it is used everything stays as it is.
    expect((await member.query("auth.me")).status).toBe(200);
    const client = server.anonymous(fromNewAddress());
    must(await client.mutate("auth.resetPassword", { token, password: "marmalade for otters" }));
    expect((await member.query("auth.me")).status).toBe(401);
  });

  test("takes no password, no address and no other input", async () => {
    const { id } = await server.member();
    for (const more of [{ password: "marmalade for otters" }, { email: "x@example.org" }])
      expect(reason(await admin.mutate("users.startPasswordReset", { id, ...more }))).toBe(
        "invalid_input",
      );
  });

  test("is for administrators, of users that are there and enabled, five times an hour", async () => {
    const member = await server.member();
    const start = (by: UserClient, id: string) => by.mutate("users.startPasswordReset", { id });
    expect((await start(auditor, member.id)).status).toBe(403);
    expect((await start(admin, randomUUID())).status).toBe(404);
    for (let count = 0; count < 5; count += 1) must(await start(admin, member.id));
    expect(reason(await start(admin, member.id))).toBe("rate_limited");
    const disabled = await server.member();
    must(await admin.mutate("users.disable", { id: disabled.id }));
    expect(reason(await start(admin, disabled.id))).toBe("user_disabled");
  });
});

describe("invitations", () => {
  const invite = async (email: string) =>
    must(await admin.mutate("users.invite", { email, role: "member" }));

  test("are listed while they can be used, newest first, without their links", async () => {
    for (const name of ["first", "second", "third"]) await invite(`${name}@example.org`);
    const all = must(await auditor.query("users.invitations"));
    expect(all.items.map(({ email }: { email: string }) => email[0])).toEqual(["t", "s", "f"]);
    expect(Object.keys(all.items[0]).sort()).toEqual(
      ["createdAt", "email", "expiresAt", "id", "invitedBy", "role", "roleUntil"].sort(),
    );
    const page = must(await auditor.query("users.invitations", { limit: 2 }));
    const rest = must(
      await auditor.query("users.invitations", { limit: 2, cursor: page.nextCursor }),
    );
    expect([...page.items, ...rest.items]).toEqual(all.items);
    const [mail] = await mailsTo(server, "third@example.org");
    const invitation = tokenIn(mail ?? (await mailsTo(server, "third@example.org"))[0] ?? raise());
    const accept = { email: "third@example.org", password, displayName: "T", invitation };
    must(await server.anonymous(fromNewAddress()).mutate("auth.signUp", accept));
    const after = must(await auditor.query("users.invitations"));
    expect(after.items).toEqual(all.items.slice(1));
  });

  test("name who sent them, and the auditor who was shown that is known to them", async () => {
    const sender = await server.user("admin");
    const email = "told-by-whom@example.org";
    must(await sender.mutate("users.invite", { email, role: "member" }));
    const { items } = must(await auditor.query("users.invitations"));
    const { id, invitedBy } = items.find((item: { email: string }) => item.email === email);
    expect(invitedBy).toEqual({ id: sender.id, email: sender.email });
    await server.deps.folding.flush();
    // A flush of the server's own may have it still under way.
    const seen = async () => must(await sender.query("data.accesses")).items;
    const shown = expect.objectContaining({ procedure: "users.invitations" });
    await expect.poll(seen).toContainEqual(shown);
    // As one of before that was noted.
    await server.owner`update link_tokens set invited_by = null where id = ${id}`;
    const after = must(await auditor.query("users.invitations")).items;
    expect(after.find((item: { id: string }) => item.id === id).invitedBy).toBeNull();
    must(await sender.mutate("users.revokeInvitation", { id }));
  });

  test("are worth nothing once revoked", async () => {
    const email = "unwanted@example.org";
    await invite(email);
    const [mail] = await mailsTo(server, email);
    const { items } = must(await admin.query("users.invitations"));
    const { id } = items.find((item: { email: string }) => item.email === email);
    expect((await auditor.mutate("users.revokeInvitation", { id })).status).toBe(403);
    expect(must(await admin.mutate("users.revokeInvitation", { id }))).toEqual({ id });
    const accept = { email, password, displayName: "U", invitation: tokenIn(mail ?? raise()) };
    const answer = await server.anonymous(fromNewAddress()).mutate("auth.signUp", accept);
    expect(reason(answer)).toBe("invalid_token");
    expect((await admin.mutate("users.revokeInvitation", { id })).status).toBe(404);
    const [entry] = must(
      await admin.query("audit.search", { actions: ["user.invitation_revoked"] }),
    ).items;
    expect(entry.target).toEqual({ kind: "invitation", id, label: email });
  });

  test("are the only links that can be revoked so", async () => {
    const member = await server.member();
    must(await admin.mutate("users.startPasswordReset", { id: member.id }));
    const [link] = await server.owner`select id from link_tokens where user_id = ${member.id}`;
    expect((await admin.mutate("users.revokeInvitation", { id: link?.id })).status).toBe(404);
  });
});

describe("ASVS 7.4.5: sessions of a user", () => {
  test("are seen by administrators and auditors, and ended one by one", async () => {
    const member = await server.member();
    const second = await server.signIn(member.email, fromNewAddress());
    const listed = must(await auditor.query("users.sessions", { id: member.id })).items;
    const own = must(await member.query("sessions.list")).items;
    expect(listed.map(({ id }: { id: string }) => id)).toEqual(
      own.map(({ id }: { id: string }) => id),
    );
    expect(listed.some(({ current }: { current: boolean }) => current)).toBe(false);
    expect(JSON.stringify(listed)).not.toContain(second.cookie.split("=")[1]);
    const input = { id: member.id, sessionId: listed[0].id };
    expect((await auditor.mutate("users.revokeSession", input)).status).toBe(403);
    expect(must(await admin.mutate("users.revokeSession", input))).toEqual({ revoked: 1 });
    expect((await second.query("auth.me")).status).toBe(401);
    expect((await member.query("auth.me")).status).toBe(200);
    expect((await admin.mutate("users.revokeSession", input)).status).toBe(404);
  });

  test("of another user, or of nobody, are not there", async () => {
    const [one, two] = [await server.member(), await server.member()];
    const [session] = must(await admin.query("users.sessions", { id: one.id })).items;
    const crossed = { id: two.id, sessionId: session.id };
    expect((await admin.mutate("users.revokeSession", crossed)).status).toBe(404);
    expect((await one.query("auth.me")).status).toBe(200);
    expect((await admin.query("users.sessions", { id: randomUUID() })).status).toBe(404);
    const [own] = must(await admin.query("users.sessions", { id: admin.id })).items;
    expect(own.current).toBe(true);
    const self = { id: admin.id, sessionId: own.id };
    expect((await admin.mutate("users.revokeSession", self)).status).toBe(404);
  });
});

test("users are found by state and role, and a locked one is shown as such until unlocked", async () => {
  const marker = randomUUID().slice(0, 8);
  const member = await server.member(`a-${marker}@example.org`);
  await server.user("auditor", `b-${marker}@example.org`);
  must(await admin.mutate("users.disable", { id: member.id }));
  const found = async (filter: object) =>
    must(await admin.query("users.list", { text: marker, ...filter })).items.map(
      ({ email }: { email: string }) => email[0],
    );
  expect(await found({})).toEqual(["b", "a"]);
  expect(await found({ status: "disabled" })).toEqual(["a"]);
  expect(await found({ status: "active" })).toEqual(["b"]);
  expect(await found({ role: "auditor", status: "active" })).toEqual(["b"]);
  expect(await found({ role: "admin" })).toEqual([]);
  const target = await server.member();
  must(
    await admin.mutate("limits.set", { class: "auth_account", points: 2, durationSeconds: 900 }),
  );
  const isLocked = async () => must(await admin.query("users.get", { id: target.id })).locked;
  for (const expected of [false, true]) {
    const wrong = { email: target.email, password: "not the right one" };
    await server.anonymous(fromNewAddress()).mutate("auth.signIn", wrong);
    expect(await isLocked()).toBe(expected);
  }
  must(await admin.mutate("users.unlock", { id: target.id }));
  expect(await isLocked()).toBe(false);
  must(await admin.mutate("limits.reset", { class: "auth_account" }));
});

function raise(): never {
  throw new Error("no mail");
}
