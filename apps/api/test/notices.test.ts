import { afterAll, beforeAll, expect, test } from "vitest";
import type { Client } from "./client.ts";
import { must, password, startTestServer, type TestServer } from "./harness.ts";
import { mailsTo } from "./outbox.ts";

let server: TestServer;
let admin: Client;
beforeAll(async () => {
  server = await startTestServer({ env: { MAIL_FROM: "Muniment <noreply@example.org>" } });
  admin = await server.admin();
});
afterAll(() => server.stop());

const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";

async function onlyMailTo(address: string) {
  const [mail, ...others] = await mailsTo(server, address);
  if (!mail) throw new Error("no mail");
  expect(others).toEqual([]);
  return mail;
}

test("ASVS 6.3.7: whose password changes is told when and from where", async () => {
  const member = await server.member();
  member.headers["user-agent"] = firefox;
  const change = { currentPassword: password, password: "another long and good one" };
  must(await member.mutate("account.changePassword", change));
  const mail = await onlyMailTo(member.email);
  expect(mail.headers.get("subject")).toBe("Your password was changed");
  expect(mail.headers.get("content-type")).toBe("text/plain; charset=utf-8");
  expect(mail.text).toContain(`The password of ${member.email} was changed.`);
  expect(mail.text).toMatch(/^When: .+ GMT\r?$/m);
  expect(mail.text).toMatch(/^From: 127\.0\.0\.1, Firefox on Linux\r?$/m);
  expect(mail.text).toContain(`${server.url}/forgot`);
  expect(mail.text).not.toContain("another long");
});

test("what the caller sends as its browser goes into no mail", async () => {
  const member = await server.member();
  member.headers["user-agent"] = "Call 0800 EVIL or open https://evil.example";
  const change = { currentPassword: password, password: "another long and good one" };
  must(await member.mutate("account.changePassword", change));
  const { raw, text } = await onlyMailTo(member.email);
  expect(raw).not.toMatch(/evil/i);
  expect(text).toContain("an unknown device");
});

test("a change that fails sends nothing", async () => {
  const member = await server.member();
  const wrong = { currentPassword: "not the password at all", password: "a new and long one" };
  expect((await member.mutate("account.changePassword", wrong)).status).toBe(401);
  must(await admin.mutate("users.setRole", { id: member.id, role: "member" }));
  must(await admin.mutate("users.setRole", { id: member.id, role: "auditor" }));
  expect((await onlyMailTo(member.email)).headers.get("subject")).toBe("Your role was changed");
});

test("ASVS 6.3.7: whom an administrator signs out or gives a role is told, and not of the administrator's address", async () => {
  const member = await server.member();
  must(await admin.mutate("users.revokeSessions", { id: member.id }));
  // There is none left to end.
  must(await admin.mutate("users.revokeSessions", { id: member.id }));
  must(await admin.mutate("users.setRole", { id: member.id, role: "auditor" }));
  const mails = await mailsTo(server, member.email, 2);
  expect(mails.map(({ headers }) => headers.get("subject")).sort()).toEqual([
    "You were signed out",
    "Your role was changed",
  ]);
  for (const { text } of mails) expect(text).not.toContain("127.0.0.1,");
});
