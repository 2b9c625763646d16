import { afterAll, beforeAll, expect, test } from "vitest";
import { fromNewAddress } from "./addresses.ts";
import type { Answer, Client } from "./client.ts";
import { createClock } from "./clock.ts";
import { must, password, startTestServer, type TestServer } from "./harness.ts";
import { growLog } from "./log-growth.ts";

const clock = createClock();
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ now: clock.now, env: { TRUST_PROXY: "1" } });
});
afterAll(() => server.stop());

const reason = (answer: Answer) => answer.error?.data.reason;
const keyInput = (agentId: string) => ({ agentId, name: "key", scopes: ["events:write"] });

/** Every act that asks for a fresh proof of the password, done by an administrator. */
async function sensitiveActs(admin: Client): Promise<Record<string, () => Promise<Answer>>> {
  const { id: agentId } = must(await admin.mutate("agents.create", { name: "agent" }));
  const { id: keyId } = must(await admin.mutate("apiKeys.create", keyInput(agentId)));
  const hook = { name: "duty", url: "https://93.184.216.34/" };
  const { id: hookId } = must(await admin.mutate("webhooks.create", hook));
  const [kept, gone] = [await server.member(), await server.member()];
  // So that there is something to export.
  await growLog(server, admin);
  return {
    "apiKeys.create": () => admin.mutate("apiKeys.create", keyInput(agentId)),
    "apiKeys.rotate": () => admin.mutate("apiKeys.rotate", { id: keyId, overlapSeconds: 60 }),
    "users.invite": () =>
      admin.mutate("users.invite", { email: "new@example.org", role: "member" }),
    "users.setRole": () => admin.mutate("users.setRole", { id: kept.id, role: "auditor" }),
    "limits.set": () =>
      admin.mutate("limits.set", { class: "mail", points: 9, durationSeconds: 60 }),
    "limits.reset": () => admin.mutate("limits.reset", { class: "mail" }),
    "audit.export": () => admin.mutate("audit.export", { format: "ndjson" }),
    "witnesses.add": () =>
      admin.mutate("witnesses.add", { kind: "webhook", target: "https://93.184.216.34/" }),
    "webhooks.update": () => admin.mutate("webhooks.update", { id: hookId, enabled: false }),
    "webhooks.delete": () => admin.mutate("webhooks.delete", { id: hookId }),
    "alerts.setNotices": () =>
      admin.mutate("alerts.setNotices", { severity: "high", email: false, webhookIds: [] }),
    "users.delete": () => admin.mutate("users.delete", { id: gone.id }),
  };
}

test("five minutes after the password, sensitive acts ask for it again, and it opens them", async () => {
  const admin = await server.user("admin");
  const acts = await sensitiveActs(admin);
  clock.advance(301);
  for (const [path, act] of Object.entries(acts)) {
    const answer = await act();
    expect([path, answer.status, reason(answer)]).toEqual([path, 403, "reauthentication_required"]);
  }
  expect((await admin.mutate("agents.create", { name: "not sensitive" })).status).toBe(200);

  const wrong = await admin.mutate("auth.reauthenticate", { password: "not the password at all" });
  expect([wrong.status, reason(wrong)]).toEqual([401, "invalid_credentials"]);
  expect(reason((await acts["apiKeys.create"]?.()) as Answer)).toBe("reauthentication_required");

  const { authenticatedAt } = must(await admin.mutate("auth.reauthenticate", { password }));
  expect(Math.abs(Date.parse(authenticatedAt) - clock.now().getTime())).toBeLessThan(5000);
  for (const [path, act] of Object.entries(acts))
    expect([path, (await act()).status]).toEqual([path, 200]);
});

test("it counts for the session that gave it, for five minutes and no longer", async () => {
  const client = await server.member();
  const other = await server.signIn(client.email);
  const { id } = must(await client.mutate("agents.create", { name: "agent" }));
  clock.advance(301);
  must(await client.mutate("auth.reauthenticate", { password }));
  clock.advance(290);
  expect((await client.mutate("apiKeys.create", keyInput(id))).status).toBe(200);
  expect(reason(await other.mutate("apiKeys.create", keyInput(id)))).toBe(
    "reauthentication_required",
  );
  clock.advance(11);
  expect(reason(await client.mutate("apiKeys.create", keyInput(id)))).toBe(
    "reauthentication_required",
  );
});

test("a clock put back does not make it last longer", async () => {
  const client = await server.member();
  const { id } = must(await client.mutate("agents.create", { name: "agent" }));
  clock.advance(-3600);
  expect(reason(await client.mutate("apiKeys.create", keyInput(id)))).toBe(
    "reauthentication_required",
  );
  must(await client.mutate("auth.reauthenticate", { password }));
  expect((await client.mutate("apiKeys.create", keyInput(id))).status).toBe(200);
  clock.advance(3600);
});

test.each([
  ["auth.reauthenticate", { password: "wrong" }],
  ["account.changePassword", { currentPassword: "wrong", password: "a whole new passphrase" }],
])("wrong passwords at %s are counted with the failed sign-ins", async (path, input) => {
  const headers = fromNewAddress();
  const { email } = await server.member();
  const client = await server.signIn(email, headers);
  for (let guess = 0; guess < 5; guess += 1)
    expect(reason(await client.mutate(path, input))).toBe("invalid_credentials");
  const blocked = await client.mutate(path, input);
  expect(blocked.status).toBe(429);
  expect(blocked.headers.get("ratelimit-policy")).toContain("auth_device");
  const signIn = (device: string) =>
    Object.assign(server.anonymous(headers), { device }).mutate("auth.signIn", { email, password });
  expect((await signIn(client.device)).status).toBe(429);
  // They are the device's own, and no other's.
  expect((await signIn("")).status).toBe(200);
  expect((await client.mutate("auth.reauthenticate", { password })).status).toBe(429);
  // The session itself is not harmed.
  expect((await client.query("auth.me")).status).toBe(200);
});
