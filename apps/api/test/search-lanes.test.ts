import { agents } from "@muniment/db/schema/agents.ts";
import { savedViews } from "@muniment/db/schema/saved-views.ts";
import { isPoolBusy } from "@muniment/db/unavailable.ts";
import { sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { makeEvent, makeSender, send } from "./events-sender.ts";
import { must, password, startTestServer, type TestServer } from "./harness.ts";

const day = 86_400_000;
/** As many connections as there are for long searches. */
const lane = 4;

let server: TestServer;
let sender: Awaited<ReturnType<typeof makeSender>>;
const now = Date.now();

beforeAll(async () => {
  server = await startTestServer();
  sender = await makeSender(server);
  // Two of them so old that no first look finds them.
  const times = [0, 1, 2, 60 * day, 500 * day].map((before) => now - before - 1000);
  const events = times.map((time, n) =>
    makeEvent({ type: "ssh.login", message: `number ${n}`, level: "warn" }, time),
  );
  const { body } = await send(server, sender.key, events);
  expect(body.accepted).toBe(5);
});
afterAll(() => server.stop());
afterEach(() => vi.restoreAllMocks());

/** Keeps connections for long searches until the answer is called; what is behind waits. */
async function holdLongSearches(count: number) {
  let free = () => {};
  const freed = new Promise<void>((resolve) => (free = resolve));
  let lent = 0;
  const held = Array.from({ length: count }, () =>
    server.deps.database.searching({}, () => {
      lent += 1;
      return freed;
    }),
  );
  const settled = Promise.allSettled(held);
  await expect.poll(() => lent).toBe(Math.min(count, lane));
  return async () => {
    free();
    await settled;
  };
}

/** Whoever waits for so long is told to come again. */
const patienceMilliseconds = 5000;

/** That whatever waited since then was answered, where no machine was so slow that it waited in vain. */
async function expectAnswered(waiting: Promise<unknown>[], since: number) {
  const ends = new Set(await Promise.all(waiting));
  if (performance.now() - since > patienceMilliseconds) return;
  expect(ends).toEqual(new Set(["answered"]));
}

const search = (input: object) => sender.member.query("events.search", input);
const messages = (answer: Awaited<ReturnType<typeof search>>) =>
  must(answer)
    .items.map(({ message }: { message: string }) => message.slice(-1))
    .join("");

/** Which connections a call uses, a letter for each time that one is asked for. */
function watchLanes() {
  const { database } = server.deps;
  const used: string[] = [];
  for (const name of ["pages", "quickSearches", "searches", "searching"] as const) {
    // biome-ignore lint/suspicious/noExplicitAny: overloads of four functions
    const real = database[name].bind(database) as (...all: any[]) => any;
    // biome-ignore lint/suspicious/noExplicitAny: overloads of four functions
    vi.spyOn(database, name).mockImplementation((...all: any[]) => {
      used.push(name);
      return real(...all);
    });
  }
  return used;
}

test("slow searches keep nobody's first looks waiting", async () => {
  const free = await holdLongSearches(lane);
  try {
    expect(messages(await search({}))).toBe("01234");
    expect(messages(await search({ limit: 2, query: "level:warn" }))).toBe("01");
    expect(messages(await search({ limit: 2, query: "type:ssh.login" }))).toBe("01");
    const range = {
      from: new Date(now - day).toISOString(),
      to: new Date(now + day).toISOString(),
    };
    const { buckets } = must(await sender.member.query("events.timeseries", range));
    expect(buckets.reduce((sum: number, { count }: { count: number }) => sum + count, 0)).toBe(3);
    const facets = must(await sender.member.query("events.facets", { fields: ["type", "level"] }));
    expect(facets.facets[0].values).toEqual([{ value: "ssh.login", count: 5 }]);
  } finally {
    await free();
  }
});

test.each([{ query: "number" }, { query: "-level:debug" }, { query: "type:ssh.login" }])(
  "the time of a search begins when it has a connection, however long it waited: %j",
  async (input) => {
    const free = await holdLongSearches(lane);
    const used = watchLanes();
    const real = performance.now.bind(performance);
    const answer = search(input);
    await expect.poll(() => used).toContain("searching");
    vi.spyOn(performance, "now").mockImplementation(() => real() + 60_000);
    await free();
    expect(messages(await answer)).toBe("01234");
  },
);

test("a search waits for a connection once, whatever it has still to look at", async () => {
  const used = watchLanes();
  for (const query of ["number", "-level:debug", "type:ssh.login", "nowhere"]) {
    used.length = 0;
    const found = messages(await search({ query }));
    expect(found).toBe(query === "nowhere" ? "" : "01234");
    expect(used).toEqual(["quickSearches", "searching"]);
  }
});

test("what is beyond a first look goes on behind what was found, event by event", async () => {
  for (const query of [undefined, "number", "-level:debug", "type:ssh.login"]) {
    let all = "";
    let cursor: string | null = null;
    do {
      const page = await search({ query, limit: 1, ...(cursor === null ? {} : { cursor }) });
      all += messages(page);
      cursor = must(page).nextCursor;
    } while (cursor !== null);
    expect([query, all]).toEqual([query, "01234"]);
  }
});

test("an account that is empty, or whose events are all recent, costs one statement", async () => {
  const empty = await makeSender(server);
  const small = await makeSender(server);
  const { body } = await send(server, small.key, [makeEvent({ message: "alone" })]);
  expect(body.accepted).toBe(1);
  const used = watchLanes();
  for (const { member, count } of [
    { member: empty.member, count: 0 },
    { member: small.member, count: 1 },
  ]) {
    for (const query of [undefined, "alone OR other", "-level:debug", "type:test.*", "trace:x"]) {
      used.length = 0;
      const { items } = must(await member.query("events.search", { query }));
      expect(items).toHaveLength(query === "trace:x" ? 0 : count);
      expect([query, ...used]).toEqual([query, query === undefined ? "pages" : "quickSearches"]);
    }
  }
});

test("a first look that takes too long is made again where long searches are", async () => {
  const { owner } = server;
  const used = watchLanes();
  const { answer } = await owner.begin(async (sql) => {
    await sql`lock table events in access exclusive mode`;
    const answer = search({ query: "type:ssh.login" });
    await expect.poll(() => used).toContain("searching");
    return { answer };
  });
  expect(messages(await answer)).toBe("01234");
});

test("more searches than may wait are told when to come again, and nothing is a time-out", async () => {
  const waiting = 500;
  const free = await holdLongSearches(lane + waiting);
  const { status, error, headers } = await search({ query: "number" });
  expect([status, error?.data.reason]).toEqual([503, "overloaded"]);
  expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
  await free();
  expect(messages(await search({ query: "number" }))).toBe("01234");
});

test("the reads of tails have connections that no search waits for", async () => {
  const free = await holdLongSearches(lane);
  try {
    const [row] = await server.deps.database.tails({}).execute(sql`select 1 as one`);
    expect(row).toEqual({ one: 1 });
  } finally {
    await free();
  }
});

/** How many connections of each pool wait for a lock. */
async function lockWaitsByPool() {
  const rows = await server.owner`
    select application_name as pool, count(distinct pid)::int as waiting
    from pg_locks join pg_stat_activity using (pid)
    where not granted and datname = current_database() group by application_name`;
  return Object.fromEntries(rows.map(({ pool, waiting }) => [pool, waiting]));
}

test("who is signed in is told so while changes, lists, pages and searches all wait", async () => {
  const { owner } = server;
  const [browser, other] = [await server.member(), await server.member()];
  const signIn = { email: other.email, password };
  const tokens = must(await server.anonymous().mutate("tokens.issue", signIn));
  const program = server.anonymous({ authorization: `Bearer ${tokens.accessToken}` });
  // So long ago that their use is to be written down.
  await owner`update sessions set last_used_at = now() - interval '2 minutes'`;
  const free = await holdLongSearches(lane);
  let answered = 0;
  const times = (count: number, call: () => Promise<unknown>) =>
    Array.from({ length: count }, () => call().then(() => (answered += 1)));
  const callAll = () => [
    ...times(20, () => sender.member.mutate("agents.create", { name: "waits" })),
    ...times(8, () => sender.member.query("agents.list")),
    ...times(4, () => search({})),
  ];
  // Who waits for a table has 5 s, of which opening connections takes none.
  await Promise.all(callAll());
  answered = 0;
  const { waiting } = await owner.begin(async (sql) => {
    await sql`lock table agents, events in access exclusive mode`;
    const waiting = callAll();
    // What is read in the background may wait, too.
    const lists = expect.toSatisfy((count: number) => count >= 3);
    const all = { muniment: 10, "muniment-lists": lists, "muniment-pages": 2 };
    await expect.poll(lockWaitsByPool).toMatchObject(all);
    for (const client of [browser, program]) {
      must(await client.query("auth.me"));
      must(await client.query("sessions.list"));
    }
    expect(answered).toBe(0);
    return { waiting };
  });
  await Promise.all(waiting);
  await free();
  const used = await owner`
    select kind from sessions where last_used_at > now() - interval '1 minute'
      and user_id in (${browser.id}, ${other.id}) order by kind`;
  expect(used.map(({ kind }) => kind)).toEqual(["browser", "token"]);
});

test("who signs in does not wait for what others look for in the audit log", async () => {
  const { owner } = server;
  const [auditor, other] = [await server.user("auditor"), await server.member()];
  const browser = Object.assign(server.anonymous(), { device: other.device });
  let answered = 0;
  const times = (count: number, call: () => Promise<unknown>) =>
    Array.from({ length: count }, () => call().then(() => (answered += 1)));
  const { waiting } = await owner.begin(async (sql) => {
    await sql`lock table audit_entries in access exclusive mode`;
    const waiting = [
      ...times(4, () => auditor.query("audit.search", {})),
      ...times(4, () => auditor.query("audit.search", { targetId: other.id })),
      ...times(4, () => sender.member.query("data.accesses")),
    ];
    // Two of each of them, as their calls take turns; and what writes to the log meanwhile.
    const searches = expect.toSatisfy((count: number) => count >= 4);
    await expect.poll(lockWaitsByPool).toMatchObject({ muniment: searches });
    const attempt = { email: other.email, password: "not the password at all" };
    const { status, headers } = await browser.mutate("auth.signIn", attempt);
    expect(status).toBe(401);
    expect(headers.get("ratelimit-policy")).toContain("auth_device");
    expect(answered).toBe(0);
    return { waiting };
  });
  await Promise.all(waiting);
});

test("who signs in does not wait for lists, of which no more wait than may", async () => {
  const { owner, deps } = server;
  const other = await server.member();
  const browser = Object.assign(server.anonymous(), { device: other.device });
  const lists = { atOnce: 3, waiting: 500 };
  const since = performance.now();
  const { waiting } = await owner.begin(async (tx) => {
    await tx`lock table agents in access exclusive mode`;
    const waiting = Array.from({ length: lists.atOnce + lists.waiting }, () =>
      deps.database.reads({ userId: sender.member.id }).select().from(agents),
    ).map((list) => list.then(() => "answered", isPoolBusy));
    const busy = expect.toSatisfy((count: number) => count >= lists.atOnce);
    await expect.poll(lockWaitsByPool).toMatchObject({ "muniment-lists": busy });
    const refused = await sender.member.query("agents.list");
    expect([refused.status, refused.error?.data.reason]).toEqual([503, "overloaded"]);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    // The reads of tails have one of the connections that lists do not get.
    expect(await deps.database.tails({}).execute(sql`select 1 as one`)).toEqual([{ one: 1 }]);
    const { headers } = await browser.mutate("auth.signIn", { email: other.email, password });
    expect(headers.get("ratelimit-policy")).toContain("auth_device");
    const link = { purpose: "password_reset", token: "x".repeat(43) };
    const { error } = await browser.mutate("auth.inspectLink", link);
    expect(error?.data.reason).toBe("invalid_token");
    return { waiting };
  });
  await expectAnswered(waiting, since);
});

test("alert rules are looked at while no more lists may wait", async () => {
  const { owner, deps } = server;
  const { id: agentId } = must(await sender.member.mutate("agents.create", { name: "watched" }));
  const made = { agentId, name: "key", scopes: ["events:write"] };
  const { key } = must(await sender.member.mutate("apiKeys.create", made));
  const rule = { name: "Any", query: "agent:watched", threshold: 1, windowMinutes: 5 };
  const { id } = must(await sender.member.mutate("alertRules.create", { ...rule, email: false }));
  await send(server, key, [makeEvent(), makeEvent()]);
  const firings = () => owner`select id from alert_firings where rule_id = ${id}`;
  await expect.poll(firings).toHaveLength(1);
  const from = performance.now();
  const { waiting } = await owner.begin(async (tx) => {
    await tx`lock table saved_views in access exclusive mode`;
    const waiting = Array.from({ length: 3 + 500 }, () =>
      deps.database.reads({}).select().from(savedViews),
    ).map((list) => list.then(() => "answered", isPoolBusy));
    await expect.poll(lockWaitsByPool).toEqual({ "muniment-lists": 3 });
    const since = Date.now();
    // Which has it looked at sooner than every second: the lists wait for so long only.
    expect((await send(server, key, [makeEvent()])).status).toBe(200);
    // A look that began since then asks for the next a second after its beginning.
    const isLookedAt = async () => {
      const [row] = await owner`select next_check_at, problem from alert_rules where id = ${id}`;
      return [row?.next_check_at.getTime() > since + 1000, row?.problem];
    };
    await expect.poll(isLookedAt).toEqual([true, null]);
    expect((await sender.member.query("savedViews.list")).status).toBe(503);
    return { waiting };
  });
  await expectAnswered(waiting, from);
});

test("work in the background waits however much of it there is, and leaves a tail a connection", async () => {
  const { owner, deps } = server;
  const readBy = (reads: typeof deps.database.reads) => reads({}).select().from(savedViews);
  const { waiting } = await owner.begin(async (tx) => {
    await tx`lock table saved_views in access exclusive mode`;
    const waiting = [
      ...Array.from({ length: 4 }, () => readBy(deps.database.reads)),
      ...Array.from({ length: 600 }, () => readBy(deps.database.background)),
    ].map((read) => read.then(() => "answered", isPoolBusy));
    await expect.poll(lockWaitsByPool).toEqual({ "muniment-lists": 4 });
    expect(await deps.database.tails({}).execute(sql`select 1 as one`)).toEqual([{ one: 1 }]);
    return { waiting };
  });
  expect(new Set(await Promise.all(waiting))).toEqual(new Set(["answered"]));
});

test("no change waits for work in the background", async () => {
  const { database, dataKeys } = server.deps;
  let free = () => {};
  const freed = new Promise<void>((resolve) => (free = resolve));
  const held = Array.from({ length: 4 }, () => database.raw.use(() => freed));
  try {
    dataKeys.forget();
    must(await sender.member.mutate("agents.create", { name: "at once" }));
  } finally {
    free();
    await Promise.all(held);
  }
});

test("changes that hang and long searches leave connections to first looks", async () => {
  const free = await holdLongSearches(lane);
  let answered = 0;
  const changes = () =>
    Array.from({ length: 30 }, () =>
      sender.member.mutate("agents.create", { name: "hangs" }).then(() => (answered += 1)),
    );
  // Their connections are open before the table is locked.
  await Promise.all(changes());
  answered = 0;
  const { waiting } = await server.owner.begin(async (tx) => {
    await tx`lock table agents in access exclusive mode`;
    const waiting = changes();
    await expect.poll(lockWaitsByPool).toMatchObject({ muniment: 10 });
    expect(messages(await search({ limit: 2, query: "level:warn" }))).toBe("01");
    expect(answered).toBe(0);
    return { waiting };
  });
  await Promise.all(waiting);
  await free();
});
