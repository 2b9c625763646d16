import { sql } from "drizzle-orm";
import { v7 as uuidv7 } from "uuid";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createClock } from "./clock.ts";
import { makeEvent, makeSender, searchAll, send } from "./events-sender.ts";
import { must, startTestServer, type TestServer } from "./harness.ts";
import { mailsTo } from "./outbox.ts";
import { startReceiver } from "./receiver.ts";

let server: TestServer;
let other: TestServer;
let receiver: Awaited<ReturnType<typeof startReceiver>>;
let sender: Awaited<ReturnType<typeof makeSender>>;
const clock = createClock();
beforeAll(async () => {
  const env = {
    RATE_LIMIT_USER_MAX: "100000",
    EGRESS_ALLOW: "127.0.0.1",
    MAIL_RATE_LIMIT_MAX: "50",
  };
  server = await startTestServer({ env, now: clock.now });
  // Whatever one node does, both do at the same time.
  other = await startTestServer({ env, now: clock.now, besides: server });
  receiver = await startReceiver();
});
afterAll(async () => {
  await receiver.stop();
  await other.stop();
  await server.stop();
});
beforeEach(async () => {
  sender = await makeSender(server);
  receiver.received.length = 0;
});

const soon = { interval: 50 };
const rule = { name: "Break-in", query: "type:ssh.login.failed", threshold: 3, windowMinutes: 5 };
const create = async (fields = {}) =>
  must(await sender.member.mutate("alertRules.create", { ...rule, email: false, ...fields }));
const read = async (id: string) =>
  must(await sender.member.query("alertRules.list")).items.find(
    (item: { id: string }) => item.id === id,
  );
const history = async (id: string) =>
  must(await sender.member.query("alertRules.history", { id })).items;
const state = async (id: string) => (await read(id)).state;
const count = async (id: string) => (await read(id)).lastCount;
const failures = (number: number, fields = {}, at = clock.now().getTime()) =>
  Array.from({ length: number }, () => makeEvent({ type: "ssh.login.failed", ...fields }, at));
const arrive = (events: object[]) => send(server, sender.key, events);
const webhook = async () =>
  must(await sender.member.mutate("webhooks.create", { name: "w", url: receiver.url })).id;
/** Of a rule's deliveries, each once: the clock leaps here, and one whose lease is over is sent again. */
const topics = (id: string) => {
  const bodies = receiver.received.map(({ body }) => JSON.parse(body));
  const own = bodies.filter(({ data }) => data.rule.id === id);
  return [...new Map(own.map((body) => [body.id, body.type])).values()];
};

describe("an alert rule", () => {
  test("fires when more than so many events arrive, tells by mail and webhook, and resolves", async () => {
    const webhookIds = [await webhook()];
    const { id } = await create({ webhookIds, email: true, query: "type:ssh.* level>=warn" });
    await arrive(failures(3, { level: "warn" }));
    await arrive(failures(5, { level: "info" }));
    await expect.poll(() => count(id), soon).toBe(3);
    expect(await state(id)).toBe("ok");
    await arrive(failures(2, { level: "error" }));
    await expect.poll(() => state(id), soon).toBe("firing");
    await expect.poll(() => topics(id), soon).toEqual(["alert_rule.fired"]);
    const { data } = JSON.parse(receiver.received[0]?.body ?? "{}");
    expect(data).toMatchObject({ count: 5, rule: { id, name: "Break-in", threshold: 3 } });
    const [mail] = await mailsTo(server, sender.member.email);
    expect(mail?.headers.get("subject")).toBe("Alert: Break-in");
    expect(mail?.text).toContain("5 events arrived within 5 minutes: more than 3.");
    expect(mail?.text).toContain("/alert-rules");

    await arrive(failures(4, { level: "critical" }));
    await expect.poll(() => count(id), soon).toBe(9);
    clock.advance(6 * 60);
    await expect.poll(() => state(id), soon).toBe("ok");
    await expect.poll(() => topics(id), soon).toEqual(["alert_rule.fired", "alert_rule.resolved"]);
    const mails = await mailsTo(server, sender.member.email, 2);
    expect(mails.map(({ headers }) => headers.get("subject"))).toEqual([
      "Alert: Break-in",
      "Resolved: Break-in",
    ]);
    expect(await history(id)).toMatchObject([
      { count: 5, peak: 9, notified: true, resolvedAt: expect.any(String) },
    ]);
  });

  test("counts by when events arrive: those of an old log too", async () => {
    const { id } = await create();
    await arrive(failures(4, {}, Date.UTC(2005, 11, 4)));
    await expect.poll(() => state(id), soon).toBe("firing");
  });

  test("counts what arrived within its window before it was made", async () => {
    await arrive(failures(4));
    const { id } = await create();
    await expect.poll(() => state(id), soon).toBe("firing");
  });

  test("counts what had arrived in several looks back, each event once", async () => {
    // Some more than one look takes.
    await server.owner`
      insert into receipts (user_id, batch_id, event_ids, event_times, commit_xid)
      select ${sender.userId}, overlay(gen_random_uuid()::text placing ${`${uuidv7().slice(0, 13)}-7`} from 1)::uuid,
        '{}', '{}', pg_current_xact_id()
      from generate_series(1, 1200)`;
    await arrive(failures(2));
    const { id } = await create({ threshold: 1000 });
    await arrive(failures(3));
    await expect.poll(() => count(id), soon).toBe(5);
    const earlier = async () =>
      (await server.owner`select earlier_xid from alert_rules where id = ${id}`)[0]?.earlier_xid;
    await expect.poll(earlier, soon).toBeNull();
    expect(await count(id)).toBe(5);
  });

  test("comes before a second one of a user whose rules have all waited longer", async () => {
    const { id } = await create();
    const busy = await server.member();
    const createAnother = async () => must(await busy.mutate("alertRules.create", rule)).id;
    const ids = [await createAnother(), await createAnother(), await createAnother()];
    // In a transaction that is rolled back, which no node looks at.
    let order: string[] = [];
    const look = server.owner.begin(async (sql) => {
      await sql`
        update alert_rules set firing_id = id,
          next_check_at = case when id = ${id} then timestamptz '2001-01-01' else '2000-01-01' end
        where id = any (${`{${[id, ...ids]}}`}::text::uuid[])`;
      const whose = `{${sender.userId},${busy.id}}`;
      const due = await sql`select id from due_alert_rules(now(), 10, ${whose}::text::uuid[])`;
      order = due.map((row) => row.id);
      throw new Error("rolled back");
    });
    await expect(look).rejects.toThrow("rolled back");
    expect(order).toHaveLength(4);
    expect(order.indexOf(id)).toBe(1);
  });

  test("counts each event once and fires once, on two nodes that take batches at the same time", async () => {
    const { id } = await create({ threshold: 300, webhookIds: [await webhook()] });
    const batches = Array.from({ length: 40 }, () => failures(10));
    await Promise.all(
      batches.map((events, index) => send(index % 2 ? server : other, sender.key, events)),
    );
    // Sent again they are duplicates, which nobody counts.
    await Promise.all(batches.slice(0, 10).map((events) => send(other, sender.key, events)));
    await expect.poll(() => count(id), soon).toBe(400);
    await expect.poll(() => topics(id), soon).toEqual(["alert_rule.fired"]);
    expect(await history(id)).toHaveLength(1);
  });

  test("tells nobody while muted or within its cool-down, and writes down that it fired", async () => {
    const webhookIds = [await webhook()];
    const { id } = await create({ webhookIds, cooldownMinutes: 60 });
    const burst = async () => {
      await arrive(failures(4));
      await expect.poll(() => state(id), soon).toBe("firing");
      clock.advance(6 * 60);
      await expect.poll(() => state(id), soon).toBe("ok");
    };
    await burst();
    await burst();
    expect((await history(id)).map(({ notified }: { notified: boolean }) => notified)).toEqual([
      false,
      true,
    ]);
    clock.advance(3600);
    sender.member.cookie = (await server.signIn(sender.member.email)).cookie;
    const mutedUntil = new Date(clock.now().getTime() + 3_600_000).toISOString();
    must(await sender.member.mutate("alertRules.update", { id, mutedUntil }));
    await burst();
    must(await sender.member.mutate("alertRules.update", { id, mutedUntil: null }));
    await burst();
    expect((await history(id)).map(({ notified }: { notified: boolean }) => notified)).toEqual([
      true,
      false,
      false,
      true,
    ]);
    await expect.poll(() => topics(id).length, soon).toBe(4);
  });

  test("that is turned off or changed begins afresh", async () => {
    const { id } = await create();
    await arrive(failures(4));
    await expect.poll(() => state(id), soon).toBe("firing");
    const off = must(await sender.member.mutate("alertRules.update", { id, enabled: false }));
    expect(off).toMatchObject({ enabled: false, state: "ok", lastCount: 0 });
    await arrive(failures(4));
    must(await sender.member.mutate("alertRules.update", { id, enabled: true, threshold: 7 }));
    await expect.poll(() => state(id), soon).toBe("firing");
    expect(await count(id)).toBe(8);
    must(await sender.member.mutate("alertRules.update", { id, query: "type:nothing" }));
    await arrive(failures(1));
    await expect.poll(() => count(id), soon).toBe(0);
    expect(await state(id)).toBe("ok");
  });

  test("whose agent is gone says so, and goes on when it is changed", async () => {
    const name = "bastion";
    const agent = must(await sender.member.mutate("agents.create", { name }));
    const { id } = await create({ query: `agent:${name}` });
    must(await sender.member.mutate("agents.delete", { id: agent.id }));
    await arrive(failures(1));
    const problem = async () => (await read(id)).problem;
    await expect.poll(problem, soon).toBe("There is no agent named bastion.");
    must(await sender.member.mutate("alertRules.update", { id, query: "" }));
    await arrive(failures(4));
    await expect.poll(() => state(id), soon).toBe("firing");
    expect(await problem()).toBeNull();
  });

  test("is looked at sooner than a poll would when events come, but not much oftener", async () => {
    const { id } = await create();
    await arrive(failures(1));
    await expect.poll(() => count(id), soon).toBe(1);
    let sent = 1;
    const due = (at: number, whose: string | null) => server.owner`
      select id from due_alert_rules(${new Date(at)}, 100, ${whose}::text::uuid[]) where id = ${id}`;
    try {
      const [row] = await server.owner`select next_check_at from alert_rules where id = ${id}`;
      const checkAt: number = row?.next_check_at.getTime();
      // No poll finds it due while the clock stands.
      clock.stop(new Date(checkAt - 700));
      const sendUntilFiring = async () => {
        // Again, because an old transaction may hold back what came for longer than anybody stays awake.
        await arrive(failures(3));
        sent += 3;
        return state(id);
      };
      await expect.poll(sendUntilFiring, { ...soon, interval: 300 }).toBe("firing");
      await arrive(failures(1));
      sent += 1;
      const whose = `{${sender.userId}}`;
      await expect.poll(() => due(checkAt + 300, whose), soon).toEqual([{ id }]);
      expect(await due(checkAt + 300, `{${id}}`)).toEqual([]);
      expect(await due(checkAt + 299, null)).toEqual([]);
    } finally {
      clock.start();
    }
    await expect.poll(() => count(id), soon).toBe(sent);
  });

  test("of a user who is disabled is not looked at", async () => {
    const { id } = await create();
    const admin = await server.user("admin");
    must(await admin.mutate("users.disable", { id: sender.member.id }));
    await server.owner`
      insert into receipts (user_id, batch_id, event_ids, event_times, commit_xid)
      select ${sender.member.id}, gen_random_uuid(), '{}', '{}', pg_current_xact_id()`;
    const due =
      await server.owner`select id from due_alert_rules(${clock.now()}, 100) where id = ${id}`;
    expect(due).toEqual([]);
  });
});

test("a rule whose row moved with its numbers, as an upgrade of the cluster moves it, goes on where it was", async () => {
  const { id } = await create({ threshold: 1000 });
  await arrive(failures(2));
  await expect.poll(() => count(id), soon).toBe(2);
  must(await sender.member.mutate("alertRules.update", { id, name: "Another" }));
  const [row] = await server.owner`
    select xmin = written_xid::xid as is_here from alert_rules where id = ${id}`;
  expect(row).toEqual({ is_here: true });
  await arrive(failures(2));
  await expect.poll(() => count(id), soon).toBe(4);
});

test("a rule that was restored into another cluster counts each event once, what arrives now too", async () => {
  const { userId } = sender;
  const { id } = await create({ threshold: 1000 });
  await arrive(failures(2));
  await expect.poll(() => count(id), soon).toBe(2);
  // A dump holds the numbers that another cluster gave, here greater ones, and a last batch that the
  // rule had not looked at.
  await server.owner.begin(async (sql) => {
    const [event, batch] = failures(2).map((made) => ({ ...made, now: clock.now().toISOString() }));
    if (!event || !batch) throw new Error("no event");
    await sql`
      insert into events (user_id, id, agent_id, api_key_id, batch_id, type, level, occurred_at, received_at)
      values (${userId}, ${event.id}, ${sender.agentId}, ${sender.id}, ${batch.id}, 'ssh.login.failed', 1,
        ${event.occurredAt}::text::timestamptz, ${event.now}::text::timestamptz)`;
    await sql`
      insert into receipts (user_id, batch_id, event_ids, event_times)
      values (${userId}, ${batch.id}, array[${event.id}::uuid], array[${event.occurredAt}::text::timestamptz])`;
    const [place] =
      await sql`select (pg_snapshot_xmax(pg_current_snapshot())::text::bigint + 100)::text as xid`;
    const there = sql`${place?.xid}::text::xid8`;
    await sql`update receipts set commit_xid = ${there} where user_id = ${userId}`;
    await sql`update alert_rules set written_xid = '0', seen_xid = ${there},
      seen_position = (select max(position) - 1 from receipts where user_id = ${userId}) where id = ${id}`;
  });
  await expect.poll(() => count(id), soon).toBe(3);
  await arrive(failures(2));
  await expect.poll(() => count(id), soon).toBe(5);
  // This cluster's own numbers come to those that were restored, which are no arrivals.
  for (let number = 0; number < 120; number += 1) {
    await server.owner`select pg_current_xact_id()`;
  }
  await arrive(failures(2));
  await expect.poll(() => count(id), soon).toBe(7);
});

test("a preview counts what a search finds of what arrived, for every kind of query", async () => {
  const events = [
    ...failures(3, {
      level: "warn",
      subject: "user:1",
      props: { port: 22 },
      message: "Invalid user",
    }),
    ...failures(2, { level: "error", props: { port: 2222 }, traceId: "t" }),
    makeEvent({ type: "web.get", message: "GET /" }),
  ];
  await arrive(events);
  const queries = [
    "",
    "type:ssh.*",
    "level>=error",
    "-level:warn",
    "props.port>1000",
    '"invalid user"',
  ];
  for (const query of [...queries, "subject:user:1 or trace:t", "agent:agent type:web.get"]) {
    const asked = { query, threshold: 2, windowMinutes: 60 };
    const answer = must(await sender.member.query("alertRules.preview", asked));
    const found = await searchAll(sender.member, query === "" ? {} : { query });
    expect([query, answer]).toEqual([
      query,
      { count: found.length, capped: false, fires: found.length > 2 },
    ]);
  }
});

test("a test sends what the rule would send, and says that it is a test", async () => {
  const { id } = await create({ email: true, webhookIds: [await webhook()] });
  must(await sender.member.mutate("alertRules.test", { id }));
  const [mail] = await mailsTo(server, sender.member.email);
  expect(mail?.headers.get("subject")).toBe("Test of an alert: Break-in");
  await expect.poll(() => topics(id), soon).toEqual(["alert_rule.test"]);
  expect(await history(id)).toEqual([]);
});

test("every change is audited, and nobody reaches the rule of another", async () => {
  const { id } = await create();
  const stranger = await server.member();
  const strange = must(
    await stranger.mutate("webhooks.create", { name: "w", url: receiver.url }),
  ).id;
  for (const attempt of [
    stranger.mutate("alertRules.update", { id, name: "mine" }),
    stranger.mutate("alertRules.test", { id }),
    stranger.mutate("alertRules.delete", { id }),
    stranger.query("alertRules.history", { id }),
    sender.member.mutate("alertRules.create", { ...rule, webhookIds: [strange] }),
    sender.member.mutate("alertRules.update", { id, webhookIds: [strange] }),
  ])
    expect((await attempt).status).toBe(404);
  expect(must(await stranger.query("alertRules.list")).items).toEqual([]);
  must(await sender.member.mutate("alertRules.update", { id, name: "Other" }));
  must(await sender.member.mutate("alertRules.delete", { id }));
  const auditor = await server.user("auditor");
  const { items } = must(await auditor.query("audit.search", { targetId: id }));
  expect(items.map(({ action }: { action: string }) => action)).toEqual([
    "alert_rule.deleted",
    "alert_rule.updated",
    "alert_rule.created",
  ]);
  expect((await auditor.mutate("alertRules.create", rule)).status).toBe(403);
});

test("a webhook that is deleted is taken out of the rules that name it", async () => {
  const id = await webhook();
  const made = await create({ webhookIds: [id] });
  must(await sender.member.mutate("webhooks.delete", { id }));
  expect((await read(made.id)).webhookIds).toEqual([]);
});

test.each([
  { ...rule, query: "level>=loud" },
  { ...rule, query: "since:1h" },
  { ...rule, query: "agent:nobody" },
  { ...rule, threshold: -1 },
  { ...rule, windowMinutes: 0 },
  { ...rule, windowMinutes: 1441 },
  { ...rule, name: "" },
  { ...rule, extra: true },
])("%j is refused", async (input) => {
  expect((await sender.member.mutate("alertRules.create", input)).status).toBe(400);
});

test("a user has at most 50, also when they come at once", async () => {
  const attempts = Array.from({ length: 54 }, () =>
    sender.member.mutate("alertRules.create", rule),
  );
  const answers = await Promise.all(attempts);
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(50);
});

/** How many texts about arrivals stay prepared on the connections for transactions used last. */
async function preparedArrivals({ deps }: TestServer) {
  const connections = 8;
  let begun = 0;
  let allBegun: (() => void) | undefined;
  const all = new Promise<void>((resolve) => {
    allBegun = resolve;
  });
  const counts = Array.from({ length: connections }, () =>
    deps.database.transaction({}, async (tx) => {
      begun += 1;
      if (begun === connections) allBegun?.();
      await all;
      const [row] = await tx.execute<{ count: number }>(sql`
        select count(*)::int as count from pg_prepared_statements
        where statement like '%date_bin(%' and statement like '%event_ids%'`);
      return row?.count;
    }),
  );
  return new Set(await Promise.all(counts));
}

test("what a rule looks for stays prepared on no connection", async () => {
  const { id } = await create();
  for (const query of ["level>=warn", "type:ssh.*", "level:warn OR type:ssh.login.failed"]) {
    must(await sender.member.mutate("alertRules.update", { ...rule, email: false, id, query }));
    await arrive(failures(4, { level: "warn" }));
    await expect.poll(() => state(id), soon).toBe("firing");
  }
  expect(await preparedArrivals(server)).toEqual(new Set([0]));
  expect(await preparedArrivals(other)).toEqual(new Set([0]));
});

test("who is deleted leaves no rule, no count and no history", async () => {
  const { id } = await create();
  await arrive(failures(4));
  await expect.poll(() => state(id), soon).toBe("firing");
  const admin = await server.user("admin");
  must(await admin.mutate("users.delete", { id: sender.member.id }));
  const left = await server.owner`
    select user_id from alert_rules where user_id = ${sender.member.id}
    union all select user_id from alert_rule_counts where user_id = ${sender.member.id}
    union all select user_id from alert_firings where user_id = ${sender.member.id}`;
  expect(left).toEqual([]);
});
