import type { AlertDetails, AlertKind } from "@muniment/shared/alerts.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { raiseAlert } from "../src/alerts/raise.ts";
import { createClock } from "./clock.ts";
import { must, startTestServer, type TestServer, type UserClient } from "./harness.ts";
import { mailsTo } from "./outbox.ts";
import { startReceiver } from "./receiver.ts";

const clock = createClock();
const soon = { interval: 50 };
let server: TestServer;
let other: TestServer;
let receiver: Awaited<ReturnType<typeof startReceiver>>;
let admin: UserClient;
beforeAll(async () => {
  const env = { EGRESS_ALLOW: "127.0.0.1", RATE_LIMIT_USER_MAX: "6000" };
  server = await startTestServer({ env, now: clock.now });
  // Whatever one node tells, the other looks at too.
  other = await startTestServer({ env, now: clock.now, besides: server });
  receiver = await startReceiver();
  admin = await server.user("admin");
});
afterAll(async () => {
  await receiver.stop();
  await other.stop();
  await server.stop();
});

let number = 0;
/** Raises an alert that says nothing, and waits until it has been told or found not to be. */
async function raise(kind: Extract<AlertKind, "account_locked" | "audit_log_stopped">) {
  number += 1;
  const key = `${kind} ${number}`;
  const details = kind === "account_locked" ? {} : { problem: "a test" };
  await server.deps.database.transaction({}, (tx) =>
    raiseAlert(tx, kind, { userId: admin.id, key, details, now: clock.now() }),
  );
  return async () => {
    const [row] = await server.owner`select told_at from alerts where key = ${key}`;
    return row?.told_at;
  };
}
const told = async (kind: Parameters<typeof raise>[0]) =>
  expect.poll(await raise(kind), soon).not.toBeNull();
const mailCount = async (email: string) =>
  (await mailsTo(server, email, 0)).filter(({ headers }) =>
    headers.get("subject")?.startsWith("Alert: "),
  ).length;
const webhook = async (client: UserClient) =>
  must(await client.mutate("webhooks.create", { name: "duty", url: receiver.url })).id;
const set = (choice: object, client = admin) =>
  client.mutate("alerts.setNotices", {
    ...{ severity: "high", email: true, webhookIds: [] },
    ...choice,
  });
const received = () => receiver.received.map(({ body }) => JSON.parse(body));

test("every administrator, and nobody else, gets a mail of a grave alert without having chosen", async () => {
  const [auditor, member, gone] = await Promise.all([
    server.user("auditor"),
    server.user("member"),
    server.user("admin"),
  ]);
  must(await admin.mutate("users.disable", { id: gone.id }));
  await told("account_locked");
  await told("audit_log_stopped");
  const [mail, ...more] = (await mailsTo(server, admin.email)).filter(({ headers }) =>
    headers.get("subject")?.startsWith("Alert: "),
  );
  expect(more).toEqual([]);
  expect(mail?.headers.get("subject")).toBe("Alert: The audit log is not extended");
  expect(mail?.text).toContain("/admin/alerts");
  expect(mail?.text.split(admin.email)).toHaveLength(1);
  for (const { email } of [auditor, member, gone]) expect(await mailCount(email)).toBe(0);
});

test("an administrator chooses how grave, and whether by mail or webhook; it is told once on two nodes", async () => {
  const webhookIds = [await webhook(admin)];
  must(await set({ severity: "medium", email: false, webhookIds }));
  expect(must(await admin.query("alerts.notices"))).toEqual({
    ...{ severity: "medium", email: false, webhookIds },
  });
  const mails = await mailCount(admin.email);
  await told("account_locked");
  await expect.poll(() => received().length, soon).toBe(1);
  // The next comes behind it, and so would a second of the first.
  await told("audit_log_stopped");
  await expect.poll(() => received().length, soon).toBe(2);
  expect(received()).toMatchObject([
    { type: "alert.raised", sequence: 1, data: { alert: { kind: "account_locked" } } },
    { type: "alert.raised", sequence: 2, data: { alert: { kind: "audit_log_stopped" } } },
  ]);
  expect(JSON.stringify(received())).not.toContain(admin.id);
  expect(await mailCount(admin.email)).toBe(mails);
  const { items } = must(await admin.query("audit.search", { actions: ["alert.notices_set"] }));
  expect(items[0].details).toEqual({ severity: "medium", email: false, webhookIds });
  must(await admin.mutate("webhooks.delete", { id: webhookIds[0] }));
  expect(must(await admin.query("alerts.notices")).webhookIds).toEqual([]);
});

test("nobody chooses another's webhook, and only administrators choose", async () => {
  const [auditor, member] = await Promise.all([server.user("auditor"), server.user("member")]);
  expect((await set({ webhookIds: [await webhook(member)] })).status).toBe(404);
  for (const client of [auditor, member]) {
    expect((await set({}, client)).status).toBe(403);
    expect((await client.query("alerts.notices")).status).toBe(403);
  }
});

test("attempts that lock an account raise an alert", async () => {
  const target = await server.member();
  server.deps.failedSignIns.note(
    target.email,
    "wrong_password",
    { address: "203.0.113.7", userAgent: "x" },
    900,
  );
  await server.deps.failedSignIns.flush();
  const alerts = async () =>
    must(await admin.query("alerts.list", { kinds: ["account_locked"] })).items;
  await expect
    .poll(alerts, soon)
    .toContainEqual(
      expect.objectContaining({ user: { id: target.id, email: target.email }, severity: "medium" }),
    );
});

/** Raises alerts in one transaction, for both nodes to find at once, and waits until they are told or muted. */
async function flood<K extends AlertKind>(
  kind: K,
  alerts: number,
  details: AlertDetails<K>,
  userId: string | null = null,
) {
  await server.deps.database.transaction({}, async (tx) => {
    for (let count = 0; count < alerts; count += 1) {
      number += 1;
      await raiseAlert(tx, kind, { userId, key: `flood ${number}`, details, now: clock.now() });
    }
  });
  await allLookedAt();
}
const waiting = async () => [...(await server.owner`select id from alerts where told_at is null`)];
const allLookedAt = () => expect.poll(waiting, soon).toEqual([]);
/** Starts an hour in which nothing has been told, and counts what is from then on. */
async function newHour() {
  await allLookedAt();
  clock.advance(3601);
  admin.cookie = (await server.signIn(admin.email)).cookie;
  const webhookId = await webhook(admin);
  must(await set({ email: false, webhookIds: [webhookId] }));
  return async () => {
    const [written] = await server.owner`
      select count(*)::int from webhook_deliveries where webhook_id = ${webhookId}`;
    return written?.count;
  };
}

test("a flood of a kind is told thirty times an hour, for as long as it lasts", async () => {
  const toldCount = await newHour();
  const fork = { log: "example.org/log", size: 1 };
  await flood("witnessed_log_forked", 33, fork);
  expect(await toldCount()).toBe(30);
  clock.advance(1801);
  await flood("witnessed_log_forked", 33, fork);
  expect(await toldCount()).toBe(30);
  clock.advance(1801);
  await flood("witnessed_log_forked", 33, fork);
  expect(await toldCount()).toBe(60);
});

test("one person's flood mutes neither another's alert, nor another kind, nor ever the audit log", async () => {
  const [thief, victim] = [await server.member(), await server.member()];
  const toldCount = await newHour();
  const reuse = { sessionId: crypto.randomUUID() };
  await flood("refresh_token_reused", 33, reuse, thief.id);
  expect(await toldCount()).toBe(5);
  await flood("refresh_token_reused", 1, reuse, victim.id);
  expect(await toldCount()).toBe(6);
  await flood("refresh_token_reused", 33, reuse);
  expect(await toldCount()).toBe(30);
  await flood("witnessed_log_forked", 1, { log: "example.org/log", size: 1 });
  expect(await toldCount()).toBe(31);
  await flood("audit_log_stopped", 33, { problem: "a test" });
  expect(await toldCount()).toBe(64);
});

test("few people's floods hide no other's alert, and many are told sixty times an hour", async () => {
  const people = await server.owner<{ id: string }[]>`
    insert into users (id, email, display_name, password_hash, role, created_at)
    select gen_random_uuid(), 'flooded-' || n || '@example.org', 'x', 'x', 'member', ${clock.now()}
    from generate_series(1, 38) n returning id`;
  const toldCount = await newHour();
  const details = { sessionId: crypto.randomUUID() };
  await server.deps.database.transaction({}, async (tx) => {
    for (const [at, { id: userId }] of people.entries()) {
      for (let nth = 0; nth < (at < 6 ? 5 : 1); nth += 1) {
        const key = `flood ${userId} ${nth}`;
        await raiseAlert(tx, "refresh_token_reused", { userId, key, details, now: clock.now() });
      }
    }
  });
  await allLookedAt();
  expect(await toldCount()).toBe(60);
});
