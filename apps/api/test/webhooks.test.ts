import { createHmac } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { waitSeconds } from "../src/features/webhooks/deliver.ts";
import { emitDeliveries } from "../src/webhooks/emit.ts";
import { createClock } from "./clock.ts";
import { must, startTestServer, type TestServer, type UserClient } from "./harness.ts";
import { mailsTo } from "./outbox.ts";
import { startReceiver } from "./receiver.ts";

let server: TestServer;
let member: UserClient;
let receiver: Awaited<ReturnType<typeof startReceiver>>;
const clock = createClock();
beforeAll(async () => {
  const env = { RATE_LIMIT_USER_MAX: "100000", EGRESS_ALLOW: "127.0.0.1" };
  server = await startTestServer({ env, now: clock.now });
  receiver = await startReceiver();
  member = await server.member();
});
afterAll(async () => {
  await receiver.stop();
  await server.stop();
});
beforeEach(async () => {
  member = await server.signIn(member.email).then((client) => Object.assign(member, client));
  receiver.received.length = 0;
  Object.assign(receiver.answer, { status: 200, body: "thanks", headers: {}, hang: false });
});

const soon = { interval: 30 };
const create = async (client = member, url = receiver.url) =>
  must(await client.mutate("webhooks.create", { name: "Pager", url }));
const log = async (id: string) => must(await member.query("webhooks.deliveries", { id })).items;
const webhook = async (id: string) => must(await member.query("webhooks.get", { id }));
const status = async (id: string) =>
  (await log(id)).map((delivery: { status: string }) => delivery.status);

/** A cause of its own kind, in a transaction of its own. */
const cause = (id: string, data = {}, fail = false) =>
  server.deps.database.transaction({ userId: member.id }, async (tx) => {
    const now = server.deps.now();
    const what = { userId: member.id, webhookIds: [id], topic: "alert_rule.fired" as const };
    await emitDeliveries(tx, server.deps.jobs, { ...what, data, now });
    if (fail) throw new Error("rolled back");
  });

/** What a receiver does with a delivery (docs/webhooks.md). */
function verified(secret: string, { headers, body }: (typeof receiver.received)[number]): boolean {
  const parts = (headers["muniment-signature"] ?? "").split(",");
  const time = parts.find((part) => part.startsWith("t="))?.slice(2) ?? "";
  const mac = createHmac("sha256", secret).update(`${time}.${body}`).digest("hex");
  return parts.includes(`v1=${mac}`);
}

describe("a webhook", () => {
  test("is made with a secret that is shown once and kept encrypted, listed, changed, deleted", async () => {
    const { secret, ...made } = await create();
    expect(secret).toMatch(/^whsec_[\w-]{43}$/);
    expect(made).toMatchObject({ name: "Pager", url: receiver.url, enabled: true });
    const listed = must(await member.query("webhooks.list")).items;
    expect(listed).toContainEqual(made);
    expect(JSON.stringify(listed)).not.toContain("whsec_");
    const [row] = await server.owner`select secret from webhooks where id = ${made.id}`;
    expect(row?.secret).toMatch(/^v2\./);
    const renamed = must(await member.mutate("webhooks.update", { id: made.id, name: "Chat" }));
    expect(renamed.name).toBe("Chat");
    must(await member.mutate("webhooks.delete", { id: made.id }));
    expect((await member.query("webhooks.get", { id: made.id })).status).toBe(404);
    const admin = await server.admin();
    const { items } = must(await admin.query("audit.search", { targetId: made.id }));
    expect(items.map(({ action }: { action: string }) => action)).toEqual([
      "webhook.deleted",
      "webhook.updated",
      "webhook.created",
    ]);
    expect(JSON.stringify(items)).not.toContain(receiver.url);
  });

  test.each([
    "http://127.0.0.2/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://169.254.169.254/latest/meta-data",
    "http://10.0.0.1/",
    "http://user:secret@127.0.0.1/",
    "ftp://127.0.0.1/",
    "javascript:alert(1)",
  ])("is refused at %s, when made and when changed", async (url) => {
    const made = await member.mutate("webhooks.create", { name: "x", url });
    expect([made.status, made.error?.data.reason]).toEqual([400, "url_not_allowed"]);
    const { id } = await create();
    const changed = await member.mutate("webhooks.update", { id, url });
    expect(changed.error?.data.reason).toBe("url_not_allowed");
    expect(await webhook(id)).toMatchObject({ url: receiver.url });
    must(await member.mutate("webhooks.delete", { id }));
  });

  test("is nobody else's to see, change, try or delete", async () => {
    const { id } = await create();
    await cause(id);
    await expect.poll(() => status(id), soon).toEqual(["delivered"]);
    const [sent] = await log(id);
    const other = await server.member();
    expect(must(await other.query("webhooks.list")).items).toEqual([]);
    for (const attempt of [
      other.query("webhooks.get", { id }),
      other.query("webhooks.deliveries", { id }),
      other.mutate("webhooks.update", { id, name: "mine" }),
      other.mutate("webhooks.test", { id }),
      other.mutate("webhooks.replay", { id: sent.id }),
      other.mutate("webhooks.rotateSecret", { id }),
      other.mutate("webhooks.delete", { id }),
    ])
      expect((await attempt).status).toBe(404);
    expect((await log(id)).length).toBe(1);
  });

  test("cannot be made or given a secret by a stolen session of some age", async () => {
    const { id } = await create();
    clock.advance(301);
    for (const attempt of [
      member.mutate("webhooks.create", { name: "x", url: receiver.url }),
      member.mutate("webhooks.rotateSecret", { id }),
    ])
      expect((await attempt).error?.data.reason).toBe("reauthentication_required");
  });

  test("is one of at most 20 of a user, also when they come at once", async () => {
    const many = await server.user("member");
    const attempts = Array.from({ length: 24 }, () =>
      many.mutate("webhooks.create", { name: "x", url: receiver.url }),
    );
    const answers = await Promise.all(attempts);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(20);
    expect(answers.find(({ status }) => status !== 200)?.error?.data.reason).toBe("too_many");
  });
});

describe("a delivery", () => {
  test("leaves within a second of the commit of its cause, signed, numbered and logged", async () => {
    const { id, secret } = await create();
    /** How long the next delivery takes to arrive. */
    const arrival = async (n: number) => {
      const from = Date.now();
      await cause(id, { n });
      await expect.poll(() => receiver.received.length, soon).toBe(n);
      return (receiver.received[n - 1]?.at ?? 0) - from;
    };
    const took = await arrival(1);
    const [first] = receiver.received;
    if (!first) throw new Error("nothing came");
    expect(verified(secret, first)).toBe(true);
    expect(verified(`${secret}x`, first)).toBe(false);
    expect(verified(secret, { ...first, body: `${first.body} ` })).toBe(false);
    const body = JSON.parse(first.body);
    expect(body).toMatchObject({ type: "alert_rule.fired", sequence: 1, data: { n: 1 } });
    expect(first.headers).toMatchObject({
      "content-type": "application/json",
      "muniment-delivery": body.id,
      "muniment-sequence": "1",
      "muniment-topic": "alert_rule.fired",
      "muniment-attempt": "1",
    });
    await expect.poll(() => status(id), soon).toEqual(["delivered"]);
    const [logged] = await log(id);
    expect(logged).toMatchObject({ id: body.id, body: first.body, nextAttemptAt: null });
    expect(logged.attempts).toMatchObject([{ status: 200, answer: "thanks", error: null }]);
    expect((await webhook(id)).lastDeliveredAt).not.toBeNull();
    // A machine that stands still for a moment delays one, and not each of three.
    expect(took < 1000 || (await arrival(2)) < 1000 || (await arrival(3)) < 1000).toBe(true);
  });

  test("exists only if its cause is committed", async () => {
    const { id } = await create();
    await expect(cause(id, {}, true)).rejects.toThrow("rolled back");
    await cause(id, { n: 2 });
    await expect.poll(() => receiver.received.length, soon).toBe(1);
    expect(JSON.parse(receiver.received[0]?.body ?? "").data).toEqual({ n: 2 });
    expect(await status(id)).toHaveLength(1);
  });

  test("of one webhook comes after the one before, however many there are", async () => {
    const { id } = await create();
    for (let n = 1; n <= 12; n += 1) await cause(id, { n });
    await expect.poll(() => receiver.received.length, soon).toBe(12);
    const sequences = receiver.received.map(({ headers }) => Number(headers["muniment-sequence"]));
    expect(sequences).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
  });

  test("that fails is tried again later and later, and each attempt is logged", async () => {
    const { id } = await create();
    Object.assign(receiver.answer, { status: 500, body: `oh\0no${"x".repeat(5000)}` });
    await cause(id);
    await expect.poll(async () => (await log(id))[0]?.attempts.length, soon).toBe(1);
    const [waiting] = await log(id);
    expect(waiting).toMatchObject({ status: "pending", settledAt: null });
    const [{ answer, ...attempt }] = waiting.attempts;
    expect(attempt).toMatchObject({ status: 500, error: "The answer was 500." });
    expect(answer).toHaveLength(1024);
    const wait = Date.parse(waiting.nextAttemptAt) - Date.parse(attempt.at);
    expect(wait).toBeGreaterThan(7000);
    expect((await webhook(id)).failingSince).not.toBeNull();
    receiver.answer.status = 204;
    clock.advance(14);
    await expect.poll(() => status(id), soon).toEqual(["delivered"]);
    expect(receiver.received.map(({ headers }) => headers["muniment-attempt"])).toEqual(["1", "2"]);
    const ids = new Set(receiver.received.map(({ headers }) => headers["muniment-delivery"]));
    expect(ids.size).toBe(1);
    expect((await webhook(id)).failingSince).toBeNull();
  });

  test("waits about three times as long each time, ten tries in about a day", () => {
    const waits = Array.from({ length: 9 }, (_, index) => waitSeconds(index + 1, 0.5));
    expect(waits).toEqual([10, 30, 90, 270, 810, 2430, 7290, 21_870, 43_200]);
    expect([waitSeconds(1, 0), waitSeconds(1, 1)]).toEqual([8, 13]);
  });

  test("that is answered with a redirect has not arrived, and nobody follows it", async () => {
    const { id } = await create();
    const elsewhere = await startReceiver();
    Object.assign(receiver.answer, { status: 307, headers: { location: elsewhere.url } });
    must(await member.mutate("webhooks.test", { id }));
    await expect.poll(() => status(id), soon).toEqual(["failed"]);
    expect(elsewhere.received).toEqual([]);
    await elsewhere.stop();
  });

  test("to an address that is not allowed any more is not sent", async () => {
    const { id } = await create();
    await server.owner`update webhooks set url = ${`http://127.0.0.2:${receiver.port}/`} where id = ${id}`;
    must(await member.mutate("webhooks.test", { id }));
    await expect.poll(() => status(id), soon).toEqual(["failed"]);
    const [{ attempts }] = await log(id);
    expect(attempts[0].error).toBe("The host is in a network that Muniment may not reach.");
  });

  test("given up after ten tries can be sent again, the same under the same id", async () => {
    const { id } = await create();
    receiver.answer.status = 503;
    await cause(id);
    await expect.poll(async () => (await log(id))[0]?.attempts.length, soon).toBe(1);
    await server.owner`update webhook_deliveries set tries = 9 where webhook_id = ${id}`;
    clock.advance(14);
    await expect.poll(() => status(id), soon).toEqual(["failed"]);
    receiver.answer.status = 200;
    const [failed] = await log(id);
    expect(must(await member.mutate("webhooks.replay", { id: failed.id })).status).toBe("pending");
    await expect.poll(() => status(id), soon).toEqual(["delivered"]);
    const [first, last] = [receiver.received[0], receiver.received.at(-1)];
    expect(last?.body).toBe(first?.body);
    expect(last?.headers["muniment-delivery"]).toBe(failed.id);
  });

  test("is signed with both secrets while an old one overlaps, and then with the new one only", async () => {
    const { id, secret: old } = await create();
    const { secret, previousSecretUntil } = must(
      await member.mutate("webhooks.rotateSecret", { id, overlapSeconds: 60 }),
    );
    expect([secret === old, previousSecretUntil]).toEqual([false, expect.any(String)]);
    await cause(id);
    await expect.poll(() => receiver.received.length, soon).toBe(1);
    clock.advance(61);
    await cause(id);
    await expect.poll(() => receiver.received.length, soon).toBe(2);
    const valid = receiver.received.map((one) => [verified(secret, one), verified(old, one)]);
    expect(valid).toEqual([
      [true, true],
      [true, false],
    ]);
  });

  test("to a webhook that is turned off is not made; a test of it is sent", async () => {
    const { id } = await create();
    must(await member.mutate("webhooks.update", { id, enabled: false }));
    await cause(id);
    must(await member.mutate("webhooks.test", { id }));
    await expect.poll(() => receiver.received.length, soon).toBe(1);
    expect(receiver.received[0]?.headers["muniment-topic"]).toBe("webhook.test");
  });

  test("after three days in which nothing arrived turns the webhook off, and its owner is told", async () => {
    const { id } = await create();
    receiver.answer.status = 500;
    const since = new Date(clock.now().getTime() - 3 * 86_400_000);
    await server.owner`update webhooks set failing_since = ${since}, failures = 9 where id = ${id}`;
    await cause(id);
    await expect.poll(async () => (await webhook(id)).enabled, soon).toBe(false);
    expect((await webhook(id)).disabledForFailing).toBe(true);
    const subjects = async () =>
      (await mailsTo(server, member.email)).map(({ headers }) => headers.get("subject"));
    await expect.poll(subjects, soon).toContain("A webhook was turned off");
    clock.advance(14);
    await expect.poll(() => status(id), soon).toEqual(["failed"]);
    const { enabled, failingSince } = must(
      await member.mutate("webhooks.update", { id, enabled: true }),
    );
    expect([enabled, failingSince]).toEqual([true, null]);
  });

  test("beyond a thousand that wait is recorded as failed, and its cause goes on", async () => {
    const busy = await server.user("member");
    const { id } = await create(busy);
    const at = clock.now();
    await server.owner`
      insert into webhook_deliveries (id, user_id, webhook_id, sequence, topic, body, status, attempts, created_at)
      select gen_random_uuid(), ${busy.id}, ${id}, 0, 'webhook.test', '{}', 'pending', '[]', ${at} from generate_series(1, 1000)`;
    const { id: deliveryId } = must(await busy.mutate("webhooks.test", { id }));
    const failed = { id, status: "failed" };
    const { items } = must(await busy.query("webhooks.deliveries", failed));
    expect(items.map((item: { id: string }) => item.id)).toEqual([deliveryId]);
    expect(items[0].attempts[0].error).toMatch(/Too many/);
  });

  test("to a receiver that says nothing keeps those of other users from nothing", async () => {
    const slow = await server.user("member");
    const silent = await startReceiver();
    silent.answer.hang = true;
    const { id: stuck } = await create(slow, silent.url);
    for (let n = 0; n < 20; n += 1) must(await slow.mutate("webhooks.test", { id: stuck }));
    await expect.poll(() => silent.received.length, soon).toBe(1);
    const { id } = await create();
    const from = Date.now();
    await cause(id);
    await expect.poll(() => receiver.received.length, soon).toBe(1);
    expect((receiver.received[0]?.at ?? 0) - from).toBeLessThan(5000);
    expect(silent.received).toHaveLength(1);
    must(await slow.mutate("webhooks.delete", { id: stuck }));
    await silent.stop();
  });
});

test("who is deleted leaves no webhook and no delivery", async () => {
  const gone = await server.user("member");
  const { id } = await create(gone);
  must(await gone.mutate("webhooks.test", { id }));
  const admin = await server.user("admin");
  must(await admin.mutate("users.delete", { id: gone.id }));
  const left = await server.owner`
    select id from webhooks where user_id = ${gone.id}
    union all select id from webhook_deliveries where user_id = ${gone.id}`;
  expect(left).toEqual([]);
});
