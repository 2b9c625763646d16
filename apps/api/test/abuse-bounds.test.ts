import { randomUUID } from "node:crypto";
import type { Database } from "@muniment/db/database.ts";
import { sql } from "drizzle-orm";
import type postgres from "postgres";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { judge } from "../src/abuse/judge.ts";
import { createKeyPlaces } from "../src/abuse/key-places.ts";
import type { KeyUse } from "../src/identity/identities.ts";
import { createClock } from "./clock.ts";
import { must, password, startTestServer, type TestServer, type UserClient } from "./harness.ts";
import { lockWaits } from "./lock-waits.ts";
import { mailsTo } from "./outbox.ts";

const clock = createClock();
const soon = { interval: 100 };
let server: TestServer;
let other: TestServer;
let admin: UserClient;
beforeAll(async () => {
  const env = { TRUST_PROXY: "1" };
  server = await startTestServer({ now: clock.now, env });
  other = await startTestServer({ now: clock.now, env, besides: server });
});
afterAll(async () => {
  await other.stop();
  await server.stop();
});

let since: Date;
beforeEach(async () => {
  // Beyond every window, so that no test counts what another did; rows are bounded in each ten minutes.
  clock.advance(7 * 3600);
  clock.advanceToMinute(10);
  since = clock.now();
  admin = await server.user("admin");
});

/** Resolves every alert. The server judges and tells by itself, too, and locks alerts in an order of its own. */
const resolveAll = () =>
  server.owner.begin(async (sql) => {
    await sql`lock table alerts in exclusive mode`;
    await sql`update alerts set resolved_at = ${clock.now()} where resolved_at is null`;
  });

let accounts = 0;
const fail = async (address: string, node = server, email?: string) => {
  accounts += 1;
  const client = node.anonymous({ "x-forwarded-for": address });
  const input = { email: email ?? `nobody-${accounts}@example.org`, password: "not the password" };
  expect((await client.mutate("auth.signIn", input)).status).toBe(401);
};
const look = async () => {
  await Promise.all([server.deps.sightings.flush(), other.deps.sightings.flush()]);
  await judge(server.deps.database, clock.now);
};
const alertsOf = (kind: string, sql: postgres.Sql | postgres.TransactionSql = server.owner) => sql`
  select id, key, count, details, last_seen_at, resolved_at from alerts
  where kind = ${kind} and opened_at >= ${since} order by opened_at, key`;

test("what two nodes see is one verdict, which comes and is told by itself", async () => {
  const address = "198.19.1.1";
  for (const node of [server, other, server, other, server]) await fail(address, node);
  const member = await server.member();
  await server.signIn(member.email, { "x-forwarded-for": address });
  await expect.poll(() => alertsOf("sign_in_after_stuffing"), soon).toHaveLength(1);
  const subjects = async () =>
    (await mailsTo(server, admin.email, 0)).map(({ headers }) => headers.get("subject"));
  const title = "Alert: An address that tried many accounts got into one";
  await expect.poll(subjects, soon).toContain(title);
  const { items } = must(await admin.query("alerts.list", { kinds: ["sign_in_after_stuffing"] }));
  expect(items).toMatchObject([
    {
      ...{ severity: "high", user: { id: member.id, email: member.email }, count: 5 },
      details: { subject: null, times: 5, subjects: 5, addresses: 1, from: [address] },
    },
  ]);
});

test("who writes what was noted waits for what is being written already", async () => {
  const { sightings } = server.deps;
  let isWritten = false;
  const writing = await server.owner.begin(async (tx) => {
    await tx`lock table sightings in exclusive mode`;
    sightings.note({ signal: "probe", address: "198.19.9.1", subject: "sql" });
    const first = sightings.flush();
    const second = sightings.flush().then(() => {
      isWritten = true;
    });
    await expect.poll(() => lockWaits(server), soon).toBeGreaterThan(0);
    expect(isWritten).toBe(false);
    return { both: Promise.all([first, second]) };
  });
  await writing.both;
  expect(await server.owner`select 1 from sightings where address = '198.19.9.1'`).toHaveLength(1);
});

test("an open verdict says how much it became; a resolved one comes again only for more", async () => {
  const address = "198.19.2.1";
  for (let at = 0; at < 10; at += 1) await fail(address);
  await look();
  const [first] = await alertsOf("credential_stuffing");
  expect(first).toMatchObject({ key: address, count: 10 });
  clock.advance(60);
  for (let at = 0; at < 2; at += 1) await fail(address);
  await look();
  const [more, ...rest] = await alertsOf("credential_stuffing");
  expect(rest).toEqual([]);
  expect(more).toMatchObject({ id: first?.id, count: 12, details: { times: 12, subjects: 12 } });
  expect(more?.last_seen_at > first?.last_seen_at).toBe(true);

  // Whoever was shown less resolves nothing of what came since.
  const resolve = (shown: Record<string, unknown> | undefined) =>
    admin.mutate("alerts.resolve", { id: first?.id, lastSeenAt: shown?.last_seen_at });
  const stale = await resolve(first);
  expect([stale.status, stale.error?.data?.reason]).toEqual([409, "out_of_date"]);
  expect(await alertsOf("credential_stuffing")).toMatchObject([{ resolved_at: null }]);
  must(await resolve(more));
  expect((await resolve(first)).status).toBe(404);
  await look();
  expect(await alertsOf("credential_stuffing")).toHaveLength(1);
  await fail(address);
  await look();
  const [, again] = await alertsOf("credential_stuffing");
  expect(again).toMatchObject({ key: address, count: 13, resolved_at: null });
});

test("a /16, a /48 and very many accounts make bounded rows, and are judged all the same", async () => {
  const { sightings } = server.deps;
  for (let at = 0; at < 65_536; at += 1) {
    const address = at % 2 ? `172.16.${at >> 8}.${at & 255}` : `2001:db8:5:${at.toString(16)}::1`;
    sightings.note({ signal: "sign_in_failed", address, email: `many-${at}@example.org` });
  }
  for (let at = 0; at < 5000; at += 1) {
    sightings.note({
      signal: "code_failed",
      address: "198.19.3.1",
      email: `more-${at}@example.org`,
    });
    const address = `172.17.${at >> 8}.${at & 255}`;
    sightings.note({ signal: "token_wrong", address, subject: "one" });
  }
  await look();
  const rows = await server.owner`
    select signal, count(*)::int as rows, sum(times)::int as times from sightings
    where first_at >= ${since} and signal <> 'signed_in' group by 1 order by 1`;
  expect(rows.map(({ signal, times }) => [signal, times])).toEqual([
    ["code_failed", 5000],
    ["sign_in_failed", 65_536],
    ["token_wrong", 5000],
  ]);
  const [codes, failures, tokens] = rows.map((row) => row.rows);
  // One more, which counts what has no place.
  expect(codes).toBe(51);
  expect(failures).toBeLessThan(1001);
  expect(tokens).toBeLessThan(100);
  expect(await alertsOf("distributed_guessing")).toMatchObject([{ details: { times: 70_536 } }]);
  expect(await alertsOf("credential_stuffing")).toMatchObject([
    { key: "198.19.3.1", details: { times: 5000, subjects: 50 } },
  ]);
});

test("attackers from everywhere make at most fifty alerts of a rule, and one for the rest", async () => {
  for (let network = 0; network < 60; network += 1) {
    for (let at = 0; at < 5; at += 1) {
      const address = `172.18.${network}.1`;
      server.deps.sightings.note({
        signal: "probe",
        address,
        subject: network % 2 ? "php" : "sql",
      });
    }
  }
  await look();
  const found = await alertsOf("probes");
  expect(found).toHaveLength(51);
  expect(found.filter(({ key }) => key === "many others")).toMatchObject([
    { count: 50, details: { subject: null, times: 50, subjects: 2, addresses: 10, from: [] } },
  ]);
  await look();
  expect(await alertsOf("probes")).toEqual(found);
});

test.each([
  ["one owner's keys", "dead_key_used", "key_dead"],
  ["accounts that are nobody's", "mail_bombing", "mail_refused"],
] as const)("%s, however many, hide nothing of others", async (_, rule, signal) => {
  const [attacker, victim] = [await server.member(), await server.member()];
  const ownKeys = Array.from({ length: 51 }, () => randomUUID());
  const victims = randomUUID();
  const note = (subject: string, userId: string | null, address: string, times: number) => {
    for (let at = 0; at < times; at += 1) {
      server.deps.sightings.note({ signal, address, subject, ...(userId && { userId }) });
    }
  };
  const owner = signal === "key_dead" ? attacker.id : null;
  const noteAll = () => {
    for (const [at, subject] of ownKeys.entries()) note(subject, owner, `172.19.${at}.1`, 6);
  };
  // Beyond ten keys of one account they are counted without their key.
  const others = owner ? 5 : 46;
  const keysFound = async () => (await alertsOf(rule)).map(({ key }) => key);
  noteAll();
  await look();
  expect(await keysFound()).toHaveLength(6);
  clock.advance(60);
  // Those that have an alert leave no room for others of theirs, and those that were seen last none either.
  note(victims, victim.id, "172.19.99.1", 5);
  clock.advance(60);
  noteAll();
  await look();
  const found = await alertsOf(rule);
  expect(found).toHaveLength(7);
  expect(found.filter(({ key }) => key === victims)).toMatchObject([{ count: 5 }]);
  expect(found.filter(({ key }) => key === "many others")).toMatchObject([
    {
      count: others * 12,
      details: {
        times: others * 12,
        subjects: others,
        from: [],
        ...(owner ? {} : { addresses: 46 }),
      },
    },
  ]);

  // What is resolved and not seen again takes no room from the others.
  await resolveAll();
  await look();
  const isNew = ({ id }: Record<string, unknown>) => !found.some((one) => one.id === id);
  expect((await alertsOf(rule)).filter(isNew)).not.toEqual([]);
});

test("ten accounts with keys of their own hide neither another's key nor that it is told", async () => {
  const members: UserClient[] = [];
  for (let at = 0; at < 11; at += 1) members.push(await server.member());
  const [victim, ...attackers] = members;
  const note = (subject: string, userId: string | undefined, address: string) => {
    for (let at = 0; at < 5; at += 1) {
      server.deps.sightings.note({
        signal: "key_dead",
        address,
        subject,
        ...(userId && { userId }),
      });
    }
  };
  const keys = attackers.flatMap(({ id }) =>
    Array.from({ length: 5 }, () => ({ id, key: randomUUID() })),
  );
  const noteAll = () => {
    for (const [at, { id, key }] of keys.entries()) note(key, id, `172.20.${at}.1`);
  };
  noteAll();
  await look();
  expect(await alertsOf("dead_key_used")).toHaveLength(50);
  const stolen = randomUUID();
  note(stolen, victim?.id, "172.20.99.1");
  clock.advance(60);
  noteAll();
  await look();
  const found = await alertsOf("dead_key_used");
  expect(found).toHaveLength(51);
  expect(found.filter(({ key }) => key === stolen)).toMatchObject([{ count: 5 }]);
});

test("one account with very many keys and addresses leaves room for what others' keys do", async () => {
  const [attacker, victim] = [await server.member(), await server.member()];
  const note = (subject: string, { id: userId }: UserClient, address: string) => {
    for (let at = 0; at < 5; at += 1) {
      server.deps.sightings.note({ signal: "key_dead", address, subject, userId });
    }
  };
  const one = randomUUID();
  for (let at = 0; at < 2000; at += 1) note(one, attacker, `172.22.${at % 250}.1`);
  for (let at = 0; at < 2000; at += 1) note(randomUUID(), attacker, `172.21.${at % 250}.1`);
  const stolen = randomUUID();
  note(stolen, victim, "172.21.99.1");
  await look();
  const found = await alertsOf("dead_key_used");
  expect(found.filter(({ key }) => key === stolen)).toMatchObject([{ count: 5 }]);
  const [rows] = await server.owner`
    select count(*)::int as count, sum(times)::int as times from sightings
    where signal = 'key_dead' and first_at >= ${since}`;
  expect(rows).toMatchObject({ times: 20_005 });
  expect(rows?.count).toBeLessThan(50);
});

test("what is resolved just when it is judged comes again for nothing but more", async () => {
  const address = "198.19.7.1";
  const note = () => server.deps.sightings.note({ signal: "probe", address, subject: "sql" });
  const alerts = () => alertsOf("probes");
  for (let at = 0; at < 5; at += 1) note();
  await look();
  const [first] = await alerts();
  // By itself, because servers judge meanwhile too, and wait for the same row.
  const { database } = server.deps;
  let judgedBy: unknown;
  const transaction: Database["transaction"] = (scope, run, options) =>
    database.transaction(
      scope,
      async (tx) => {
        [judgedBy] = (await tx.execute(sql`select pg_backend_pid() as pid`)).map(({ pid }) => pid);
        return run(tx);
      },
      options,
    );
  const judgeNow = () => judge({ ...database, transaction }, clock.now);
  const blocked = () => server.owner`
    select pid, query from pg_stat_activity
    where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0`;
  const judgeWaits = () =>
    expect.poll(async () => (await blocked()).some(({ pid }) => pid === judgedBy), soon).toBe(true);
  const resolverWaits = () =>
    expect
      .poll(async () => (await blocked()).map(({ query }) => String(query)), soon)
      .toContainEqual(expect.stringMatching(/^update "alerts" set "resolved_at"/));

  // The verdict finds the alert open, and being resolved: there is nothing more to tell.
  const held = await server.owner.begin(async (tx) => {
    await tx`update alerts set resolved_at = ${clock.now()} where id = ${first?.id}`;
    const judging = judgeNow();
    await judgeWaits();
    return { judging };
  });
  await held.judging;
  expect(await alerts()).toMatchObject([{ id: first?.id, count: 5 }]);

  // Resolved when more had come, of which it did not tell yet: that is told anew.
  await server.owner`update alerts set resolved_at = null where id = ${first?.id}`;
  clock.advance(60);
  const before = clock.now();
  clock.advance(60);
  must(await admin.mutate("alerts.resolve", { id: first?.id }));
  await server.owner`
    update sightings set times = times + 1, last_at = ${before}
    where signal = 'probe' and address = ${address}`;
  await look();
  const [, second, ...rest] = await alerts();
  expect(rest).toEqual([]);
  expect(second).toMatchObject({ count: 6, resolved_at: null });

  // Somebody resolves it while it is being raised to more: that is in it, and more comes again.
  clock.advance(60);
  note();
  await server.deps.sightings.flush();
  const resolving = await server.owner.begin(async (tx) => {
    await tx`select 1 from alerts where id = ${second?.id} for update`;
    const judging = judgeNow();
    await judgeWaits();
    const resolved = admin.mutate("alerts.resolve", { id: second?.id });
    await resolverWaits();
    return { both: Promise.all([judging, resolved]) };
  });
  const [, resolved] = await resolving.both;
  expect(must(resolved)).toMatchObject({ count: 7 });
  await look();
  expect(await alerts()).toHaveLength(2);
  clock.advance(60);
  note();
  await look();
  expect((await alerts())[2]).toMatchObject({ count: 8, resolved_at: null });
});

test("the list tells keys by their names, and is narrowed and counted by severity", async () => {
  const member = await server.member();
  const made = await server.apiKey(member);
  const auditor = await server.user("auditor");
  await resolveAll();
  const { sightings } = server.deps;
  for (const subject of [made.id, randomUUID()]) {
    for (let at = 0; at < 5; at += 1) {
      const [address, userId] = ["198.19.8.1", member.id];
      sightings.note({ signal: "key_dead", address, subject, userId });
      sightings.note({ signal: "probe", address, subject: "sql" });
    }
  }
  await look();
  const list = async (input: object) =>
    must(await auditor.query("alerts.list", { state: "open", ...input }));
  const { items } = await list({ severities: ["medium"] });
  const [{ prefix }] = must(await member.query("apiKeys.list")).items;
  expect(items.map((item: { key: unknown }) => item.key)).toEqual(
    expect.arrayContaining([{ id: made.id, name: "key", prefix }, null]),
  );
  expect(items).toHaveLength(2);
  expect((await list({ severities: ["low"] })).items).toMatchObject([
    { kind: "probes", key: null },
  ]);
  expect((await list({ severities: ["high"] })).items).toEqual([]);
  expect(must(await auditor.query("alerts.counts"))).toEqual({ low: 1, medium: 2, high: 0 });
  expect((await member.query("alerts.counts")).status).toBe(403);
  // A cursor goes on with the question that it came from, and no other.
  const { nextCursor: cursor } = await list({ severities: ["medium"], limit: 1 });
  expect((await list({ severities: ["medium"], limit: 1, cursor })).items).toHaveLength(1);
  const answer = await auditor.query("alerts.list", { state: "open", limit: 1, cursor });
  expect([answer.status, answer.error?.data?.reason]).toEqual([400, "invalid_cursor"]);
});

test("no row tells what was typed, and none is left of whom was erased", async () => {
  const email = "to-be-erased@example.org";
  const address = "198.19.4.1";
  // Before there is an account, and afterwards.
  await fail(address, server, email);
  await server.deps.sightings.flush();
  const member = await server.member(email);
  for (let at = 0; at < 3; at += 1) await fail(address, server, email);
  for (const path of ["/.env?canary=1", "/canary.php"]) {
    await server.fetch(path, { headers: { "x-forwarded-for": address } });
  }
  clock.advance(700);
  await server.apiKey(await server.signIn(email, { "x-forwarded-for": address }));
  await look();
  expect(await alertsOf("new_device_took_over")).toHaveLength(1);
  const rows = await server.owner`select * from sightings where first_at >= ${since}`;
  const told = JSON.stringify(rows);
  expect(told).toContain(member.id);
  expect(told).toContain(address);
  for (const secret of [email, "canary", "not the password"]) expect(told).not.toContain(secret);

  must(await member.mutate("auth.reauthenticate", { password }));
  // What is noted then and not written yet is theirs, too.
  server.deps.sightings.note({ signal: "sensitive_act", address, email, userId: member.id });
  must(await member.mutate("data.erase", { password }));
  await server.deps.sightings.flush();
  const left = () => server.owner`
    select 1 from sightings where about_user_id = ${member.id} or subject = ${server.deps.sightings.hashed(email)}
    union all select 1 from key_places where about_user_id = ${member.id}
    union all select 1 from alerts where about_user_id = ${member.id}`;
  expect(await left()).toEqual([]);

  // Another node writes what it had noted by then, which goes with the second look at what is left.
  const cleaned = () => server.owner`
    select 1 from erasures where erased_id = ${member.id} and cleaned_at is not null`;
  await expect.poll(cleaned, soon).toHaveLength(1);
  other.deps.sightings.note({ signal: "code_failed", address, email });
  await other.deps.sightings.flush();
  expect(await left()).toHaveLength(1);
  clock.advance(61);
  await expect.poll(left, soon).toEqual([]);
});

test("a key that is gone keeps no other's places from being written", async () => {
  const member = await server.member();
  const uses = new Map<string, KeyUse>();
  const keys = [await server.apiKey(member), await server.apiKey(member)];
  for (const { id: keyId, agentId } of keys) {
    const principal: KeyUse["principal"] = {
      ...{ kind: "apiKey", userId: member.id, role: "member", retentionDays: null, agentId, keyId },
      ...{ prefix: "", scopes: [], allowedCidrs: [], eventTypes: [], origins: [] },
    };
    uses.set(keyId, { principal, at: clock.now(), addresses: new Set(["198.19.5.1"]) });
  }
  const [gone, there] = keys.map(({ id }) => id);
  await server.owner`delete from api_keys where id = ${gone ?? ""}`;
  const places = createKeyPlaces(server.deps.database, server.deps.sightings, clock.now);
  await places.write(uses);
  const written = await server.owner`
    select api_key_id as id from key_places where about_user_id = ${member.id}`;
  expect(written).toEqual([{ id: there }]);
});

test("an alert about an account goes with who gets it, and addresses go after thirty days", async () => {
  const email = `tried-first-${since.getTime()}@example.org`;
  const [tried, other] = ["tried-first", "other"].map((name) =>
    server.deps.sightings.hashed(`${name}-${since.getTime()}@example.org`),
  );
  for (let at = 0; at < 40; at += 1) {
    const [address, subject] = [`198.19.6.${at % 10}`, at % 2 ? tried : other];
    server.deps.sightings.note({ signal: "sign_in_failed", address, subject: subject ?? "" });
    server.deps.sightings.note({ signal: "probe", address: "198.19.6.1", subject: "sql" });
  }
  await look();
  const besieged = (sql?: postgres.TransactionSql) => alertsOf("account_besieged", sql);
  expect((await besieged()).map(({ key }) => key).sort()).toEqual([tried, other].sort());
  const member = await server.member(email);
  must(await member.mutate("data.erase", { password }));
  expect(await besieged()).toMatchObject([{ key: other, details: { times: 20 } }]);

  const after = (days: number) => new Date(clock.now().getTime() + days * 86_400_000);
  await server.owner.begin(async (sql) => {
    // The server judges by itself, too, and would raise again what is still seen.
    await sql`lock table alerts in exclusive mode`;
    await sql`select delete_old_alerts(${after(29)})`;
    expect(await alertsOf("probes", sql)).toMatchObject([{ key: "198.19.6.1" }]);
    expect((await besieged(sql))[0]?.details.from).toHaveLength(5);
    await sql`select delete_old_alerts(${after(31)})`;
    expect(await alertsOf("probes", sql)).toEqual([]);
    expect(await besieged(sql)).toMatchObject([{ key: other, details: { times: 20, from: [] } }]);
  });
});

test.each(["before there was their account", "since"])(
  "who is erased while it is judged what was seen of them %s gets no alert",
  async (when) => {
    const email = `erased-meanwhile-${since.getTime()}@example.org`;
    const subject = server.deps.sightings.hashed(email);
    const member = await server.member(email);
    for (let at = 0; at < 20; at += 1) {
      const seen = { address: `198.19.10.${at % 10}`, signal: "sign_in_failed" as const };
      server.deps.sightings.note({ ...seen, ...(when === "since" ? { email } : { subject }) });
    }
    await server.deps.sightings.flush();
    const { database } = server.deps;
    let isErased = false;
    const transaction: Database["transaction"] = async (...all) => {
      if (!isErased) must(await member.mutate("data.erase", { password }));
      isErased = true;
      return database.transaction(...all);
    };
    await judge({ ...database, transaction }, clock.now);
    expect(isErased).toBe(true);
    expect(await alertsOf("account_besieged")).toEqual([]);
  },
);

test("a rule that cannot be judged keeps no other from being judged", async () => {
  await server.owner`alter view audit_lookup rename to audit_lookup_away`;
  try {
    for (let at = 0; at < 5; at += 1) {
      server.deps.sightings.note({
        signal: "limit_weakened",
        address: "",
        subject: `mail ${since}`,
      });
    }
    await expect(look()).rejects.toThrow("could not be judged");
  } finally {
    await server.owner`alter view audit_lookup_away rename to audit_lookup`;
  }
  expect(await alertsOf("limit_weakened")).toHaveLength(1);
});
