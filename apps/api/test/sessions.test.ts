import { createHash, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Answer, createClient } from "./client.ts";
import { createClock } from "./clock.ts";
import { must, password, startTestServer, type TestServer, type UserClient } from "./harness.ts";

const clock = createClock();
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ now: clock.now });
});
afterAll(() => server.stop());

const hour = 3600;
const day = 24 * hour;
const reason = (answer: Answer) => answer.error?.data.reason;
const tokenOf = (cookie: string) => cookie.split("=")[1] ?? "";
const hashOf = (token: string) => createHash("sha256").update(token).digest("hex");

function presenting(cookie: string, headers: Record<string, string> = {}) {
  const client = createClient(server.url, headers);
  client.cookie = cookie;
  return client;
}

const sessionCookies = ({ headers }: Answer) =>
  headers.getSetCookie().filter((header) => !header.startsWith("muniment_device="));

describe("the session cookie", () => {
  test("is httpOnly, strict, for the whole site, and holds 256 random bits (V7.2.2, V7.2.3)", async () => {
    const { email } = await server.member();
    const answer = await server.anonymous().mutate("auth.signIn", { email, password });
    const [header = "", ...more] = sessionCookies(answer);
    expect(more).toEqual([]);
    const [pair = "", ...attributes] = header.split("; ");
    expect(pair).toMatch(/^muniment_session=[A-Za-z0-9_-]{43}$/);
    const expires = attributes.find((attribute) => attribute.startsWith("Expires="));
    expect(attributes.filter((attribute) => attribute !== expires).sort()).toEqual([
      "HttpOnly",
      "Path=/",
      "SameSite=Strict",
    ]);
    // As long as a session can last when it is used: how long it lasts unused is kept by the server.
    const seconds = (Date.parse(expires?.slice(8) ?? "") - clock.now().getTime()) / 1000;
    expect(Math.abs(seconds - 7 * day)).toBeLessThan(5);
  });

  test("is __Host- and Secure where the public address is https", async () => {
    const secure = await startTestServer({ env: { PUBLIC_URL: "https://muniment.example.com" } });
    try {
      const { email, id } = await secure.member();
      const answer = await secure.anonymous().mutate("auth.signIn", { email, password });
      const [header = ""] = answer.headers.getSetCookie();
      expect(header).toMatch(/^__Host-muniment_session=[A-Za-z0-9_-]{43}; Path=\/; /);
      expect(header).toMatch(/; Secure$/);
      expect(header).not.toContain("Domain");
      const token = tokenOf(header.split(";")[0] ?? "");
      const me = (cookie: string) => createClient(secure.url, { cookie }).query("auth.me");
      expect(must(await me(`__Host-muniment_session=${token}`)).id).toBe(id);
      // The unprotected name, which a neighbour on the domain could set, means nothing here.
      expect((await me(`muniment_session=${token}`)).status).toBe(401);
    } finally {
      await secure.stop();
    }
  });

  test("is stored as a hash only, and the hash is no cookie", async () => {
    const client = await server.member();
    const token = tokenOf(client.cookie);
    const [row] = await server.owner`select * from sessions where user_id = ${client.id}`;
    expect(row?.id).toBe(hashOf(token));
    const [dump] = await server.owner`
      select string_agg(s::text, ' ') || (select string_agg(e::text, ' ') from audit_entries e) as text
      from sessions s`;
    expect(dump?.text).toContain(hashOf(token));
    expect(dump?.text).not.toContain(token);
    const leaked = presenting(`muniment_session=${row?.id}`);
    expect(reason(await leaked.query("auth.me"))).toBe("not_signed_in");
    expect((await client.query("auth.me")).status).toBe(200);
  });

  test.each([
    ["nothing", ""],
    ["a guess", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"],
    ["a text that no token is", "' or 1=1 --"],
    ["a very long text", "x".repeat(6000)],
  ])("of %s signs nobody in (V7.2.1)", async (_, token) => {
    const answer = await presenting(`muniment_session=${token}`).query("auth.me");
    expect([answer.status, reason(answer)]).toEqual([401, "not_signed_in"]);
  });

  test("is not an API key, nor is a key a cookie or a cookie a bearer token", async () => {
    const client = await server.member();
    const { key } = await server.apiKey(client, { allowedCidrs: ["192.0.2.0/24"] });
    const { key: open } = await server.apiKey(client);
    for (const credential of [key, open]) {
      // Presented properly first, so that a look-up of it may still be remembered.
      await presenting("", { authorization: `Bearer ${credential}` }).query("events.search");
      const asCookie = presenting(`muniment_session=${credential}`);
      for (const path of ["auth.me", "events.search"]) {
        const answer = await asCookie.query(path);
        expect([answer.status, reason(answer)]).toEqual([401, "not_signed_in"]);
      }
    }
    await client.query("auth.me");
    const bearer = presenting("", { authorization: `Bearer ${tokenOf(client.cookie)}` });
    expect((await bearer.query("auth.me")).status).toBe(401);
  });

  test("beside an Authorization header is refused, whatever either is worth", async () => {
    const client = await server.member();
    const { key } = await server.apiKey(client);
    for (const [cookie, authorization] of [
      [client.cookie, `Bearer ${key}`],
      ["muniment_session=guess", "Bearer guess"],
      [client.cookie, "Basic Zm9vOmJhcg=="],
      [client.cookie, ""],
    ] as const) {
      const both = presenting(cookie, { authorization });
      const answers = [
        await both.query("auth.me"),
        await both.mutate("agents.create", { name: "x" }),
      ];
      for (const answer of answers)
        expect([answer.status, reason(answer)]).toEqual([400, "multiple_credentials"]);
    }
  });
});

describe("the list of sessions", () => {
  test("shows one's own, which of them is this one, and nothing secret", async () => {
    const first = await server.member();
    const second = presenting("", { "user-agent": "Second/1.0" });
    must(await second.mutate("auth.signIn", { email: first.email, password }));
    await server.member();
    const page = must(await second.query("sessions.list"));
    expect(page.nextCursor).toBeNull();
    expect(page.items).toHaveLength(2);
    expect(page.items[0]).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      kind: "browser",
      current: true,
      address: "127.0.0.1",
      userAgent: "Second/1.0",
      createdAt: expect.any(String),
      lastUsedAt: expect.any(String),
      expiresAt: expect.any(String),
    });
    expect(page.items[1].current).toBe(false);
    const text = JSON.stringify(page);
    for (const { cookie } of [first, second]) {
      expect(text).not.toContain(tokenOf(cookie));
      expect(text).not.toContain(hashOf(tokenOf(cookie)));
    }
  });

  test("pages by cursor, each session once", async () => {
    const client = await server.member();
    for (let count = 0; count < 4; count += 1) await server.signIn(client.email);
    const ids: string[] = [];
    let cursor: string | undefined;
    do {
      const page = must(
        await client.query("sessions.list", { limit: 2, ...(cursor ? { cursor } : {}) }),
      );
      expect(page.items.length).toBeLessThanOrEqual(2);
      ids.push(...page.items.map(({ id }: { id: string }) => id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    expect(new Set(ids).size).toBe(5);
    const stranger = await server.member();
    const { nextCursor } = must(await client.query("sessions.list", { limit: 1 }));
    const stolen = await stranger.query("sessions.list", { cursor: nextCursor });
    expect([stolen.status, reason(stolen)]).toEqual([400, "invalid_cursor"]);
  });
});

describe("revoking", () => {
  const ids = async (client: { query: (path: string) => Promise<Answer> }) =>
    must(await client.query("sessions.list")).items as { id: string; current: boolean }[];

  test("one session ends that one at once (V7.4.1, V7.5.2)", async () => {
    const client = await server.member();
    const other = await server.signIn(client.email);
    const target = (await ids(client)).find(({ current }) => !current);
    await other.query("auth.me");
    expect(must(await client.mutate("sessions.revoke", { id: target?.id }))).toEqual({
      revoked: 1,
    });
    expect(reason(await other.query("auth.me"))).toBe("not_signed_in");
    expect((await client.query("auth.me")).status).toBe(200);
    expect((await client.mutate("sessions.revoke", { id: target?.id })).status).toBe(404);
  });

  test("all others leaves this one", async () => {
    const client = await server.member();
    const others = [await server.signIn(client.email), await server.signIn(client.email)];
    expect(must(await client.mutate("sessions.revokeOthers"))).toEqual({ revoked: 2 });
    for (const other of others) expect((await other.query("auth.me")).status).toBe(401);
    expect(await ids(client)).toHaveLength(1);
  });

  test("all signs out here too (V7.5.2)", async () => {
    const client = await server.member();
    const other = await server.signIn(client.email);
    const { cookie } = client;
    expect(must(await client.mutate("sessions.revokeAll"))).toEqual({ revoked: 2 });
    expect(client.cookie).toBe("");
    for (const ended of [presenting(cookie), other])
      expect((await ended.query("auth.me")).status).toBe(401);
  });

  test("another user's session answers exactly as an unknown one, and leaves it alone", async () => {
    const client = await server.member();
    const victim = await server.member();
    const [target] = await ids(victim);
    const foreign = await client.mutate("sessions.revoke", { id: target?.id });
    const unknown = await client.mutate("sessions.revoke", { id: randomUUID() });
    expect([foreign.status, foreign.error?.message, foreign.error?.data.reason]).toEqual([
      unknown.status,
      unknown.error?.message,
      "not_found",
    ]);
    expect((await victim.query("auth.me")).status).toBe(200);
    // The id in lists is not the hash by which the session is found, so that names nothing either.
    const [row] = await server.owner`select id from sessions where user_id = ${client.id}`;
    expect((await client.mutate("sessions.revoke", { id: row?.id })).status).toBe(400);
  });
});

describe("a session ends", () => {
  test("after a day without use, and each use starts the day anew (V7.3.1)", async () => {
    const client = await server.member();
    for (let use = 0; use < 3; use += 1) {
      clock.advance(20 * hour);
      expect((await client.query("auth.me")).status).toBe(200);
    }
    clock.advance(day + 1);
    expect(reason(await client.query("auth.me"))).toBe("not_signed_in");
  });

  test("seven days after sign-in, however much it is used (V7.3.2)", async () => {
    const client = await server.member();
    for (let use = 0; use < 8; use += 1) {
      clock.advance(20 * hour);
      expect((await client.query("auth.me")).status).toBe(200);
    }
    clock.advance(7 * day - 160 * hour - 60);
    for (let use = 0; use < 3; use += 1) expect((await client.query("auth.me")).status).toBe(200);
    clock.advance(61);
    for (let use = 0; use < 3; use += 1) expect((await client.query("auth.me")).status).toBe(401);
  });

  test("on the clock of the machine too, and no use moves its end past the seventh day", async () => {
    const real = await startTestServer();
    try {
      const client = await real.member();
      const [row] = await real.owner`
        update sessions set created_at = created_at - interval '7 days' + interval '3 seconds',
          expires_at = created_at + interval '3 seconds' where user_id = ${client.id}
        returning created_at`;
      const end = row?.created_at.getTime() + 7 * day * 1000;
      for (let use = 0; use < 3; use += 1) {
        real.deps.identities.forget();
        const { status } = await client.query("auth.me");
        const [kept] =
          await real.owner`select expires_at from sessions where user_id = ${client.id}`;
        // A machine that stands still may bring its end before the last use.
        if (Date.now() >= end) break;
        expect(status).toBe(200);
        expect(kept?.expires_at.getTime()).toBeLessThanOrEqual(end);
      }
      await expect.poll(async () => (await client.query("auth.me")).status).toBe(401);
      expect(Date.now()).toBeGreaterThanOrEqual(end);
    } finally {
      await real.stop();
    }
  });

  test("with its user's account: disabled, deleted, or given another role (V7.4.2, V7.4.5)", async () => {
    const admin = await server.user("admin");
    const [disabled, deleted, promoted, signedOut] = await Promise.all([
      server.member(),
      server.member(),
      server.member(),
      server.member(),
    ]);
    // Does not forget the cookie when told to.
    const thief = server.anonymous({ cookie: disabled.cookie });
    must(await admin.mutate("users.disable", { id: disabled.id }));
    must(await admin.mutate("users.delete", { id: deleted.id }));
    must(await admin.mutate("users.setRole", { id: promoted.id, role: "auditor" }));
    const revoked = must(await admin.mutate("users.revokeSessions", { id: signedOut.id }));
    expect(revoked).toEqual({ revoked: 1 });
    for (const client of [disabled, deleted, promoted, signedOut])
      expect(reason(await client.query("auth.me"))).toBe("not_signed_in");
    // Enabling does not bring the session back.
    must(await admin.mutate("users.enable", { id: disabled.id }));
    expect(reason(await thief.query("auth.me"))).toBe("not_signed_in");
  });

  test("of a user disabled behind the API's back within a second", async () => {
    const client = await server.member();
    await client.query("auth.me");
    await server.owner`update users set disabled_at = now() where id = ${client.id}`;
    // What was looked up before is remembered for a second, and no longer on a busy machine.
    await sleep(1010);
    expect((await client.query("auth.me")).status).toBe(401);
  });
});

test("a session that may idle for seconds does not end in use", async () => {
  const brief = await startTestServer({ now: clock.now, env: { SESSION_IDLE_S: "20" } });
  try {
    const member = await brief.member();
    for (let use = 0; use < 6; use += 1) {
      clock.advance(8);
      expect((await member.query("auth.me")).status).toBe(200);
    }
    clock.advance(25);
    expect((await member.query("auth.me")).status).toBe(401);
  } finally {
    await brief.stop();
  }
});

test("signing in ends the session that the browser had, whoever's it was", async () => {
  const [before, after] = [await server.member(), await server.member()];
  const cookie = before.cookie;
  must(await before.mutate("auth.signIn", { email: after.email, password }));
  expect(must(await before.query("auth.me")).email).toBe(after.email);
  before.cookie = cookie;
  expect((await before.query("auth.me")).status).toBe(401);
  const left = await server.owner`select user_id from sessions where user_id = ${before.id}`;
  expect(left).toHaveLength(0);
  expect((await after.query("auth.me")).status).toBe(200);
});

test("a changed password ends the other sessions, and the old one signs in no more (V7.4.3)", async () => {
  const client = await server.member();
  const other = await server.signIn(client.email);
  const next = "a quite different passphrase";
  const wrong = { currentPassword: "not the password at all", password: next };
  expect(reason(await client.mutate("account.changePassword", wrong))).toBe("invalid_credentials");
  const short = { currentPassword: password, password: "fourteen chars" };
  expect((await client.mutate("account.changePassword", short)).status).toBe(400);
  expect((await other.query("auth.me")).status).toBe(200);
  const right = { currentPassword: password, password: next };
  expect(must(await client.mutate("account.changePassword", right))).toEqual({ revoked: 1 });
  expect((await client.query("auth.me")).status).toBe(200);
  expect((await other.query("auth.me")).status).toBe(401);
  const signIn = (given: string) =>
    server.anonymous().mutate("auth.signIn", { email: client.email, password: given });
  expect((await signIn(password)).status).toBe(401);
  expect((await signIn(next)).status).toBe(200);
});

describe("a session gets another token, and the old one is worth nothing (V7.2.4)", () => {
  const renewals: Record<string, (client: UserClient) => Promise<Answer>> = {
    "auth.signIn": (client) => client.mutate("auth.signIn", { email: client.email, password }),
    "auth.reauthenticate": (client) => client.mutate("auth.reauthenticate", { password }),
    "account.changePassword": (client) =>
      client.mutate("account.changePassword", {
        currentPassword: password,
        password: "a quite different passphrase",
      }),
    "users.setRole": (client) => client.mutate("users.setRole", { id: client.id, role: "auditor" }),
  };
  test.each(Object.keys(renewals))("at %s", async (path) => {
    await server.user("admin");
    const client = await server.user("admin");
    const before = client.cookie;
    must((await renewals[path]?.(client)) as Answer);
    expect(client.cookie).not.toBe(before);
    const old = presenting(before);
    expect(reason(await old.query("auth.me"))).toBe("not_signed_in");
    expect((await client.query("auth.me")).status).toBe(200);
  });

  test("without moving its end", async () => {
    const client = await server.member();
    clock.advance(3 * day);
    await server.owner`update sessions set last_used_at = ${clock.now()}, expires_at = ${new Date(clock.now().getTime() + day * 1000)} where user_id = ${client.id}`;
    must(await client.mutate("auth.reauthenticate", { password }));
    for (let use = 0; use < 5; use += 1) {
      clock.advance(19 * hour);
      expect((await client.query("auth.me")).status).toBe(200);
    }
    clock.advance(2 * hour);
    expect((await client.query("auth.me")).status).toBe(401);
  });

  test("and a call that was on its way with the old one does not sign the browser out", async () => {
    const client = await server.member();
    const late = presenting(client.cookie);
    must(await client.mutate("auth.reauthenticate", { password }));
    const answer = await late.query("auth.me");
    expect(answer.status).toBe(401);
    expect(answer.headers.getSetCookie()).toEqual([]);
    // One that was never renewed is forgotten by the browser.
    const guess = await presenting("muniment_session=guess").query("auth.me");
    expect(guess.headers.getSetCookie()).toHaveLength(1);
  });
});

test("an open stream alone does not keep a session from idling (V7.3.1)", async () => {
  const client = await server.member();
  const stream = async () => {
    const response = await server.fetch("/trpc/events.tail", {
      headers: { cookie: client.cookie },
    });
    return response.body?.getReader();
  };
  const used = async () =>
    (await server.owner`select last_used_at from sessions where user_id = ${client.id}`)[0]
      ?.last_used_at;
  const before = await used();
  clock.advance(20 * hour);
  const reader = await stream();
  await reader?.read();
  expect(await used()).toEqual(before);
  clock.advance(5 * hour);
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read());
  expect((await stream()) && (await client.query("auth.me")).status).toBe(401);
});

test("a session found to be over stays so when the clock is put back", async () => {
  const client = await server.member();
  // Does not forget the cookie when told to.
  const thief = server.anonymous({ cookie: client.cookie });
  clock.advance(8 * day);
  expect((await thief.query("auth.me")).status).toBe(401);
  clock.advance(-8 * day);
  expect((await thief.query("auth.me")).status).toBe(401);
});

test("a revocation behind the API's back is seen within a second, also when the clock is put back", async () => {
  const client = await server.member();
  expect((await client.query("auth.me")).status).toBe(200);
  await server.owner`delete from sessions where user_id = ${client.id}`;
  clock.advance(-hour);
  expect((await client.query("auth.me")).status).toBe(401);
  clock.advance(hour);
});
