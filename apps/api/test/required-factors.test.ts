import { afterAll, beforeAll, expect, test } from "vitest";
import { fromNewAddress } from "./addresses.ts";
import type { Answer } from "./client.ts";
import { createClock } from "./clock.ts";
import { must, password, startTestServer, type TestServer } from "./harness.ts";
import { enrollTotp } from "./totp-app.ts";

const clock = createClock();
let server: TestServer;
beforeAll(async () => {
  const env = { REQUIRE_MFA: "admin, auditor", TRUST_PROXY: "1" };
  server = await startTestServer({ now: clock.now, env });
});
afterAll(() => server.stop());

const outcome = (answer: Answer) => [answer.status, answer.error?.data.reason];
const refused = [403, "mfa_enrollment_required"];

test.each(["admin", "auditor"] as const)(
  "V6.3.3 an %s without a second factor signs in and can do nothing but set one up",
  async (role) => {
    const user = await server.user(role);
    expect(must(await user.query("auth.me"))).toMatchObject({ mustEnroll: true });
    for (const path of [
      "agents.list",
      "sessions.list",
      "users.list",
      "audit.search",
      "limits.list",
    ])
      expect(outcome(await user.query(path))).toEqual(refused);
    expect(outcome(await user.mutate("account.update", { displayName: "x" }))).toEqual(refused);
    expect(outcome(await user.mutate("account.recoveryCodes"))).toEqual(refused);
    expect(must(await user.query("account.factors"))).toMatchObject({ required: true });

    clock.advance(301);
    must(await user.mutate("auth.reauthenticate", { password }));
    const { app } = await enrollTotp(user, clock.now);
    expect(must(await user.query("auth.me"))).toMatchObject({ mustEnroll: false });
    expect((await user.query("audit.search")).status).toBe(200);

    clock.advanceToMinute();
    expect(outcome(await user.mutate("account.disableTotp", { password }))).toEqual([
      409,
      "last_factor",
    ]);
    expect(outcome(await user.mutate("account.disableTotp", { code: app.code() }))).toEqual([
      409,
      "last_factor",
    ]);
    must(await user.mutate("auth.signOut"));
  },
);

test("who may go without is asked for nothing", async () => {
  const member = await server.member();
  expect(must(await member.query("auth.me"))).toMatchObject({ mustEnroll: false });
  expect((await member.query("agents.list")).status).toBe(200);
});

test("a member made administrator has to set one up before anything else", async () => {
  const admin = await server.user("admin");
  await enrollTotp(admin, clock.now);
  const member = await server.member();
  must(await admin.mutate("users.setRole", { id: member.id, role: "admin" }));
  const promoted = await server.signIn(member.email, fromNewAddress());
  expect(outcome(await promoted.query("users.list"))).toEqual(refused);
});

test("its agents' keys go on working meanwhile", async () => {
  const admin = await server.user("admin");
  await enrollTotp(admin, clock.now);
  const { key } = await server.apiKey(admin);
  await server.owner`update users set second_factor_at = null where id = ${admin.id}`;
  const agent = server.anonymous({ authorization: `Bearer ${key}` });
  expect((await agent.query("events.search")).status).toBe(200);
});
