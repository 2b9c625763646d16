import { limitNames } from "@muniment/shared/limits.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fromNewAddress } from "./addresses.ts";
import { type Answer, type Client, createClient } from "./client.ts";
import { must, password, startTestServer, type TestServer } from "./harness.ts";
import { mailsTo, tokenIn } from "./outbox.ts";

let server: TestServer;
let other: TestServer;
let admin: Client;
beforeAll(async () => {
  server = await startTestServer({ env: { TRUST_PROXY: "1" } });
  admin = await server.admin();
  other = await startTestServer({ env: { TRUST_PROXY: "1" }, besides: server });
});
afterAll(async () => {
  await other.stop();
  await server.stop();
});

const passed = (answers: Answer[]) => answers.filter(({ status }) => status !== 429).length;
const many = (times: number, call: () => Promise<Answer>) =>
  Promise.all(Array.from({ length: times }, call));
const reason = (answer: Answer) => answer.error?.data.reason;
const audited = async (action: string) =>
  must(await admin.query("audit.search", { actions: [action] })).items;

describe("the general limit", () => {
  test("is 100 calls of an anonymous address, said in every answer", async () => {
    const client = server.anonymous(fromNewAddress());
    const first = await client.query("setup.status");
    expect(first.headers.get("ratelimit-policy")).toBe('"general_address";q=100;w=60');
    expect(first.headers.get("ratelimit")).toBe('"general_address";r=99;t=60');
    expect(passed(await many(120, () => client.query("setup.status")))).toBe(99);
    const refused = await client.query("setup.status");
    expect(refused.status).toBe(429);
    expect(refused.headers.get("ratelimit")).toMatch(/^"general_address";r=0;t=\d+$/);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(reason(await client.query("auth.me"))).toBe("rate_limited");
    expect((await server.anonymous(fromNewAddress()).query("setup.status")).status).toBe(200);
  });

  test("is 600 calls of a signed-in user, over all their sessions and addresses", async () => {
    const { email, cookie } = await server.member();
    const second = await server.signIn(email, fromNewAddress());
    const first = createClient(server.url, fromNewAddress());
    first.cookie = cookie;
    const answers = [
      ...(await many(320, () => first.query("auth.me"))),
      ...(await many(320, () => second.query("auth.me"))),
    ];
    expect(passed(answers)).toBe(600);
    expect(answers.at(-1)?.headers.get("ratelimit-policy")).toBe('"general_user";q=600;w=60');
  });

  test("refuses a stream as any call, and says when to try again", async () => {
    const own = { procedure: "events.tail", points: 1, durationSeconds: 60 };
    must(await admin.mutate("limits.set", own));
    const client = await server.member();
    const first = await fetch(`${server.url}/trpc/events.tail`, {
      headers: { cookie: client.cookie },
    });
    await first.body?.cancel();
    const refused = await client.query("events.tail");
    must(await admin.mutate("limits.reset", { procedure: own.procedure }));
    expect([first.status, refused.status, reason(refused)]).toEqual([200, 429, "rate_limited"]);
    expect(refused.headers.get("ratelimit-policy")).toBe('"general_user:events.tail";q=1;w=60');
    expect(refused.headers.get("ratelimit")).toMatch(/;r=0;t=\d+$/);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  });

  test("is each API key's own: no key shuts out its owner or another key", async () => {
    const owner = await server.member();
    const { key, agentId } = await server.apiKey(owner);
    const input = { agentId, name: "second", scopes: ["events:read"] };
    const { key: second } = must(await owner.mutate("apiKeys.create", input));
    const caller = (given: string) =>
      createClient(server.url, { authorization: `Bearer ${given}` });
    const answers = await many(620, () => caller(key).query("events.get", {}));
    expect(passed(answers)).toBe(600);
    expect((await owner.query("auth.me")).status).toBe(200);
    expect((await caller(second).query("events.get", {})).status).toBe(400);
  });

  test("counts calls, not requests: a batch of ten is ten", async () => {
    const headers = fromNewAddress();
    const paths = Array.from({ length: 10 }, () => "setup.status").join(",");
    const response = await server.fetch(`/trpc/${paths}?batch=1`, { headers });
    expect(response.headers.get("ratelimit")).toBe('"general_address";r=90;t=60');
  });

  test("counts what is refused for its origin, its two credentials or its input", async () => {
    const { cookie } = await server.member();
    const headers = fromNewAddress();
    const left = async (extra: Record<string, string>, input?: unknown) => {
      const client = server.anonymous({ ...headers, ...extra });
      const answer = await client.mutate("auth.signOut", input);
      return [answer.status, answer.headers.get("ratelimit")?.replace(/;t=\d+/, "")];
    };
    const general = '"general_address"';
    expect(
      await left({ cookie: "muniment_session=guess", origin: "https://evil.example" }),
    ).toEqual([403, `${general};r=99`]);
    const two = { cookie: "muniment_session=guess", authorization: "Bearer guess" };
    expect(await left(two)).toEqual([400, `${general};r=98`]);
    expect(await left({ cookie }, { unknown: 1 })).toEqual([400, '"general_user";r=599']);
  });
});

describe("the credentials limit", () => {
  test("ends guesses of cookies and keys from one address after 100", async () => {
    const admin2 = await server.user("admin");
    must(
      await admin2.mutate("limits.set", { class: "credentials", points: 10, durationSeconds: 900 }),
    );
    const headers = fromNewAddress();
    const guesses = Array.from({ length: 12 }, (_, at) =>
      server.anonymous({
        ...headers,
        ...(at % 2
          ? { authorization: `Bearer guess-${at}` }
          : { cookie: `muniment_session=g${at}` }),
      }),
    );
    const answers: Answer[] = [];
    for (const guess of guesses) answers.push(await guess.query("auth.me"));
    expect(answers.map(({ status }) => status)).toEqual([...Array(10).fill(401), 429, 429]);
    expect(answers.at(-1)?.headers.get("ratelimit-policy")).toBe('"credentials";q=10;w=900');
    must(await admin2.mutate("limits.reset", { class: "credentials" }));
  });
});

describe("over the credentials limit", () => {
  const headers = fromNewAddress();
  const rule = { points: 1, durationSeconds: 900 };
  beforeAll(async () => {
    must(await admin.mutate("limits.set", { class: "credentials", ...rule }));
    const guess = server.anonymous({ ...headers, cookie: "muniment_session=guess" });
    expect((await guess.query("auth.me")).status).toBe(401);
    expect((await guess.query("auth.me")).status).toBe(429);
  });
  afterAll(async () => {
    must(await admin.mutate("limits.reset", { class: "credentials" }));
  });

  test("a right invitation makes an account, a wrong one is refused", async () => {
    const email = "invited@example.org";
    must(await admin.mutate("users.invite", { email, role: "member" }));
    const [mail] = await mailsTo(server, email);
    if (!mail) throw new Error("no mail");
    const client = server.anonymous(headers);
    const signUp = (invitation: string) =>
      client.mutate("auth.signUp", { email, password, displayName: "New", invitation });
    expect((await signUp("x".repeat(43))).status).toBe(429);
    expect((await signUp(tokenIn(mail))).status).toBe(200);
  });

  test("a sign-in with the cookie of an ended session works", async () => {
    const { email } = await server.member();
    const client = server.anonymous(headers);
    client.cookie = "muniment_session=ended";
    expect((await client.mutate("auth.signIn", { email, password })).status).toBe(200);
    expect((await client.query("auth.me")).status).toBe(200);
  });
});

test("the cookie of an ended session is cleared by the first answer", async () => {
  const client = server.anonymous(fromNewAddress());
  client.cookie = "muniment_session=ended";
  const answer = await client.query("auth.me");
  expect([answer.status, reason(answer)]).toEqual([401, "not_signed_in"]);
  expect(answer.headers.getSetCookie()).toEqual([
    expect.stringMatching(/^muniment_session=; .*Expires=Thu, 01 Jan 1970/),
  ]);
  expect((await client.query("auth.me")).headers.getSetCookie()).toEqual([]);
});

describe("changing limits", () => {
  test("lists every class with its rule and what it is counted per", async () => {
    const { items, nextCursor } = must(await admin.query("limits.list"));
    expect(nextCursor).toBeNull();
    expect(items.map(({ name }: { name: string }) => name)).toEqual([...limitNames]);
    expect(items.find(({ name }: { name: string }) => name === "auth_account_address")).toEqual({
      name: "auth_account_address",
      countedPer: "failed attempts per account and address",
      rule: { points: 5, durationSeconds: 900 },
      defaultRule: { points: 5, durationSeconds: 900 },
      changed: false,
    });
  });

  test("are listed in pages of 1 to 100, as everything is", async () => {
    const names = ({ items }: { items: { name: string }[] }) => items.map(({ name }) => name);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = must(await admin.query("limits.list", { limit: 5, ...(cursor && { cursor }) }));
      expect(page.items.length).toBeLessThanOrEqual(5);
      seen.push(...names(page));
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    expect(seen).toEqual([...limitNames]);
    expect(names(must(await admin.query("limits.list", { limit: 100 })))).toEqual(seen);
    for (const limit of [0, 101, 1.5])
      expect(reason(await admin.query("limits.list", { limit }))).toBe("invalid_input");
    expect(reason(await admin.query("limits.list", { cursor: "x" }))).toBe("invalid_cursor");
  });

  test("holds at once on this node and within a second on the other, is audited, and can be undone", async () => {
    const rule = { points: 30, durationSeconds: 60 };
    const set = must(await admin.mutate("limits.set", { class: "general_address", ...rule }));
    expect(set).toMatchObject({ name: "general_address", rule, changed: true });
    const client = server.anonymous(fromNewAddress());
    expect(passed(await many(40, () => client.query("setup.status")))).toBe(30);
    await expect
      .poll(() => other.deps.limits.rule("general_address").rule, { timeout: 5000, interval: 20 })
      .toEqual(rule);
    const elsewhere = other.anonymous(fromNewAddress());
    expect(passed(await many(40, () => elsewhere.query("setup.status")))).toBe(30);
    const [entry] = await audited("limit.changed");
    expect(entry).toMatchObject({
      target: { kind: "limit", id: "general_address" },
      details: { from: { points: 100, durationSeconds: 60 }, to: rule },
    });

    const reset = must(await admin.mutate("limits.reset", { class: "general_address" }));
    expect(reset).toMatchObject({ rule: { points: 100, durationSeconds: 60 }, changed: false });
    expect((await audited("limit.reset"))[0].details).toEqual({ name: "general_address" });
    expect((await client.query("setup.status")).status).toBe(200);
    expect((await admin.mutate("limits.reset", { class: "general_address" })).status).toBe(404);
  });

  test("for one procedure counts that one apart, in a class of any kind", async () => {
    const rule = { points: 2, durationSeconds: 60 };
    const own = { class: "general_user", procedure: "agents.create", ...rule };
    expect(must(await admin.mutate("limits.set", own)).name).toBe("general_user:agents.create");
    const member = await server.member();
    const created = await many(10, () => member.mutate("agents.create", { name: "x" }));
    expect(passed(created)).toBe(2);
    expect((await member.query("agents.list")).status).toBe(200);
    expect(must(await admin.query("limits.list")).items.at(-1)).toMatchObject({
      name: "general_user:agents.create",
      rule,
      changed: true,
    });
    must(await admin.mutate("limits.reset", { class: "general_user", procedure: "agents.create" }));

    for (const [procedure, name] of [
      ["agents.create", "general_user"],
      ["setup.status", "general_address"],
      ["insights.anomalies", "model"],
      ["uploads.create", "upload"],
      ["events.ingest", "ingest_calls"],
    ]) {
      const set = must(await admin.mutate("limits.set", { procedure, ...rule }));
      expect(set.name).toBe(`${name}:${procedure}`);
      expect(must(await admin.mutate("limits.reset", { procedure })).name).toBe(set.name);
    }

    const strict = { class: "auth_account_address", procedure: "auth.signIn" };
    must(await admin.mutate("limits.set", { ...strict, ...rule }));
    const guesser = server.anonymous(fromNewAddress());
    const guess = { email: member.email, password: "wrong" };
    const attempts = [1, 2, 3].map(() => guesser.mutate("auth.signIn", guess));
    expect(passed(await Promise.all(attempts))).toBe(2);
    must(await admin.mutate("limits.reset", strict));
  });

  const rule = { points: 10, durationSeconds: 60 };
  test.each([
    ["an unknown class", { class: "no_such_class", ...rule }],
    ["neither a class nor a procedure", rule],
    ["an unknown procedure alone", { procedure: "agents.destroy", ...rule }],
    ["no points", { class: "mail", points: 0, durationSeconds: 60 }],
    ["a fraction", { class: "mail", points: 1.5, durationSeconds: 60 }],
    ["no window", { class: "mail", points: 1, durationSeconds: 0 }],
    ["a window over a day", { class: "mail", points: 1, durationSeconds: 86_401 }],
    ["text for a number", { class: "mail", points: "10", durationSeconds: 60 }],
    ["an unknown procedure", { class: "general_user", procedure: "agents.destroy", ...rule }],
    ["a name of every object", { class: "general_user", procedure: "constructor.name", ...rule }],
    [
      "a procedure that the class does not count",
      { class: "mail", procedure: "agents.create", ...rule },
    ],
    [
      "so few calls of users that nobody could change it back",
      { class: "general_user", points: 1, durationSeconds: 86_400 },
    ],
    [
      "so few a minute, though many a day",
      { class: "general_address", points: 1000, durationSeconds: 86_400 },
    ],
    [
      "so few of a call that changes it back",
      { class: "general_user", procedure: "limits.reset", points: 29, durationSeconds: 60 },
    ],
    ["an unknown field", { class: "mail", ...rule, forever: true }],
  ])("refuses %s", async (_, input) => {
    const answer = await admin.mutate("limits.set", input);
    expect([answer.status, reason(answer)]).toEqual([400, "invalid_input"]);
    const overrides = await server.owner`select name from limit_overrides`;
    expect(overrides).toEqual([]);
  });

  test("is for administrators; auditors may look", async () => {
    const auditor = await server.user("auditor");
    const member = await server.member();
    expect((await auditor.query("limits.list")).status).toBe(200);
    expect(reason(await member.query("limits.list"))).toBe("not_permitted");
    for (const client of [auditor, member]) {
      const answer = await client.mutate("limits.set", { class: "mail", ...rule });
      expect([answer.status, reason(answer)]).toEqual([403, "not_permitted"]);
      expect((await client.mutate("limits.reset", { class: "mail" })).status).toBe(403);
    }
  });
});
