import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Answer, createClient } from "./client.ts";
import { createClock } from "./clock.ts";
import { must, password, startTestServer, type TestServer } from "./harness.ts";

const clock = createClock();
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({
    now: clock.now,
    env: { RATE_LIMIT_MAX_REQUESTS: "10000", CREDENTIAL_RATE_LIMIT_MAX: "10000" },
  });
});
afterAll(() => server.stop());

type Tokens = { accessToken: string; refreshToken: string };
const refused = (answer: Answer) => [answer.status, answer.error?.data.reason];
const gone = [401, "invalid_token"];
const refresh = (refreshToken: string) =>
  createClient(server.url).mutate("tokens.refresh", { refreshToken });
const refreshed = async (token: string): Promise<Tokens> => must(await refresh(token));
const me = async ({ accessToken }: Tokens) =>
  (await createClient(server.url, { authorization: `Bearer ${accessToken}` }).query("auth.me"))
    .status;

async function family() {
  const user = await server.member();
  const first: Tokens = must(
    await createClient(server.url).mutate("tokens.issue", { email: user.email, password }),
  );
  return { user, first, id: (decodeJwt(first.accessToken) as { sid: string }).sid };
}
const alertsOf = (id: string) =>
  server.owner`select kind, severity, about_user_id, details, count from alerts where key = ${id}`;
const entriesOf = async (id: string, action: string) =>
  await server.owner`select details from audit_entries where target_id = ${id} and action = ${action}`;

describe("a refresh token", () => {
  test("gives new tokens once; both access tokens live to their end", async () => {
    const { first } = await family();
    const second = await refreshed(first.refreshToken);
    expect(second.refreshToken).not.toBe(first.refreshToken);
    const third = await refreshed(second.refreshToken);
    expect(await Promise.all([first, second, third].map(me))).toEqual([200, 200, 200]);
  });

  test("gives 50 parallel callers one living successor, and signs nobody out", async () => {
    const { first, id } = await family();
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => refresh(first.refreshToken)),
    );
    const successors = new Set(answers.map((answer) => must(answer).refreshToken));
    expect(successors.size).toBe(1);
    const [live] = await server.owner`
      select count(*)::int from refresh_tokens where session_id = ${`family:${id}`} and used_at is null`;
    expect(live?.count).toBe(1);
    const [successor = ""] = successors;
    expect((await refresh(successor)).status).toBe(200);
    expect(await alertsOf(id)).toEqual([]);
  });

  test("gives parallel callers of two nodes one successor too", async () => {
    const { first, id } = await family();
    const other = await startTestServer({ besides: server, now: clock.now });
    try {
      const at = [createClient(server.url), createClient(other.url)];
      const answers = await Promise.all(
        Array.from({ length: 10 }, () =>
          at.map((node) => node.mutate("tokens.refresh", { refreshToken: first.refreshToken })),
        ).flat(),
      );
      const [successor = "", ...more] = new Set(answers.map((answer) => must(answer).refreshToken));
      expect(more).toEqual([]);
      expect((await refresh(successor)).status).toBe(200);
      expect(await alertsOf(id)).toEqual([]);
    } finally {
      await other.stop();
    }
  });

  test("gives the same successor for 10 seconds, while that is unused", async () => {
    const { first } = await family();
    // However long the calls take.
    const at = clock.now();
    clock.stop(at);
    try {
      const { refreshToken } = await refreshed(first.refreshToken);
      clock.stop(new Date(at.getTime() + 10_000));
      expect((await refreshed(first.refreshToken)).refreshToken).toBe(refreshToken);
      expect((await refresh(refreshToken)).status).toBe(200);
    } finally {
      clock.advance(10);
      clock.start();
    }
  });

  test("that comes again after its successor was used ends the family, with an alert and an entry (V10.4.5)", async () => {
    const { user, first, id } = await family();
    const second = await refreshed(first.refreshToken);
    const third = await refreshed(second.refreshToken);
    expect(refused(await refresh(first.refreshToken))).toEqual(gone);
    for (const { refreshToken } of [first, second, third])
      expect(refused(await refresh(refreshToken))).toEqual(gone);
    expect(await Promise.all([first, second, third].map(me))).toEqual([401, 401, 401]);
    expect(await alertsOf(id)).toEqual([
      {
        kind: "refresh_token_reused",
        severity: "high",
        about_user_id: user.id,
        details: { sessionId: id },
        count: 1,
      },
    ]);
    expect(await entriesOf(id, "token.revoked")).toEqual([{ details: { cause: "reused" } }]);
    // The owner's other sign-ins are no part of it.
    expect((await user.query("auth.me")).status).toBe(200);
  });

  test("that comes again after 10 seconds ends the family, though its successor is unused", async () => {
    const { first, id } = await family();
    const second = await refreshed(first.refreshToken);
    clock.advance(11);
    expect(refused(await refresh(first.refreshToken))).toEqual(gone);
    expect(refused(await refresh(second.refreshToken))).toEqual(gone);
    expect(await alertsOf(id)).toHaveLength(1);
  });

  test("that was used is not revived by a clock put back", async () => {
    const { first } = await family();
    await refreshed(first.refreshToken);
    clock.advance(-60);
    expect(refused(await refresh(first.refreshToken))).toEqual(gone);
    clock.advance(60);
    expect(refused(await refresh(first.refreshToken))).toEqual(gone);
  });

  test("works for the life of its family, which no refresh lengthens (V10.4.8)", async () => {
    const { first, id } = await family();
    clock.advance(6 * 86_400);
    const second = await refreshed(first.refreshToken);
    clock.advance(86_400 + 1);
    expect(refused(await refresh(second.refreshToken))).toEqual(gone);
    expect(await entriesOf(id, "token.revoked")).toEqual([{ details: { cause: "expired" } }]);
    clock.advance(-86_400);
    expect(refused(await refresh(second.refreshToken))).toEqual(gone);
    expect(await alertsOf(id)).toEqual([]);
  });

  test("that nobody made is refused and counted against its address, and harms no family", async () => {
    const { first } = await family();
    const guess = `mnr_${"A".repeat(43)}`;
    const addressed = await startTestServer({ besides: server, now: clock.now });
    try {
      const client = createClient(addressed.url);
      for (let count = 0; count < 3; count += 1)
        expect(refused(await client.mutate("tokens.refresh", { refreshToken: guess }))).toEqual(
          gone,
        );
      for (const refreshToken of ["", "x".repeat(201)])
        expect((await client.mutate("tokens.refresh", { refreshToken })).status).toBe(400);
      const counted = await addressed.deps.limits.consume("credentials", "127.0.0.1");
      expect(counted.remaining).toBe(96);
    } finally {
      await addressed.stop();
    }
    expect((await refresh(first.refreshToken)).status).toBe(200);
  });

  test("ends with a shorter REFRESH_TOKEN_TTL_S from the next start on, and with no longer one", async () => {
    const [older, younger] = [await family(), await family()];
    const ends = async () => {
      const rows = await server.owner`
        select extract(epoch from expires_at - created_at)::int as seconds from sessions
        where public_id in (${older.id}, ${younger.id}) order by created_at`;
      return rows.map(({ seconds }) => seconds);
    };
    await server.owner`
      update sessions set created_at = created_at - interval '2 hours',
        expires_at = expires_at - interval '2 hours' where public_id = ${older.id}`;
    const startWith = (REFRESH_TOKEN_TTL_S: string) =>
      startTestServer({ besides: server, now: clock.now, env: { REFRESH_TOKEN_TTL_S } });
    for (const seconds of ["3600", "604800"]) {
      await (await startWith(seconds)).stop();
      expect(await ends()).toEqual([3600, 3600]);
    }
    expect(refused(await refresh(older.first.refreshToken))).toEqual(gone);
    expect((await refresh(younger.first.refreshToken)).status).toBe(200);
  });

  test("is deleted with its family by the recurring clean-up", async () => {
    const { id } = await family();
    const rows = async () =>
      (await server.owner`select 1 from refresh_tokens where session_id = ${`family:${id}`}`)
        .length;
    expect(await rows()).toBe(1);
    await server.owner`update sessions set expires_at = now() - interval '1 second' where public_id = ${id}`;
    await server.deps.database.raw`select delete_expired_sessions()`;
    expect(await rows()).toBe(0);
  });
});

describe("alerts", () => {
  test("are listed for administrators and auditors, and resolved by administrators once", async () => {
    const { user, first, id } = await family();
    await refreshed((await refreshed(first.refreshToken)).refreshToken);
    await refresh(first.refreshToken);
    const [admin, auditor] = [await server.user("admin"), await server.user("auditor")];
    const open = must(await auditor.query("alerts.list", { state: "open" })).items;
    const found = open.find(
      ({ details }: { details: object }) => "sessionId" in details && details.sessionId === id,
    );
    expect(found).toMatchObject({
      kind: "refresh_token_reused",
      severity: "high",
      user: { id: user.id, email: user.email },
      count: 1,
      resolvedAt: null,
      resolvedBy: null,
    });
    expect(refused(await user.query("alerts.list"))).toEqual([403, "not_permitted"]);
    expect(refused(await auditor.mutate("alerts.resolve", { id: found.id }))).toEqual([
      403,
      "not_permitted",
    ]);
    const resolved = must(await admin.mutate("alerts.resolve", { id: found.id }));
    expect(resolved).toMatchObject({ resolvedBy: admin.email });
    expect(Date.parse(resolved.resolvedAt)).not.toBeNaN();
    expect(refused(await admin.mutate("alerts.resolve", { id: found.id }))).toEqual([
      404,
      "not_found",
    ]);
    const ids = async (state: string) =>
      must(await admin.query("alerts.list", { state, limit: 100 })).items.map(
        (item: { id: string }) => item.id,
      );
    expect(await ids("open")).not.toContain(found.id);
    expect(await ids("resolved")).toContain(found.id);
    expect(await entriesOf(found.id, "alert.resolved")).toEqual([
      { details: { kind: "refresh_token_reused" } },
    ]);
  });

  test("page by cursor, and narrow by kind", async () => {
    const { raiseAlert } = await import("../src/alerts/raise.ts");
    const { user } = await family();
    const admin = await server.user("admin");
    await server.deps.database.transaction({}, async (tx) => {
      for (const key of ["a", "b", "c", "a"])
        await raiseAlert(tx, "account_locked", {
          userId: user.id,
          key,
          details: {},
          now: clock.now(),
        });
    });
    const counts: number[] = [];
    let cursor: string | undefined;
    do {
      const page = must(
        await admin.query("alerts.list", {
          kinds: ["account_locked"],
          limit: 2,
          ...(cursor ? { cursor } : {}),
        }),
      );
      counts.push(...page.items.map(({ count }: { count: number }) => count));
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    expect(counts.sort()).toEqual([1, 1, 2]);
  });

  test("about a user go with that user, and their resolver leaves no gap", async () => {
    const { user, first, id } = await family();
    await refreshed((await refreshed(first.refreshToken)).refreshToken);
    await refresh(first.refreshToken);
    const [admin, other] = [await server.user("admin"), await server.user("admin")];
    const alert = async () =>
      must(await admin.query("alerts.list", { limit: 100 })).items.find(
        ({ details }: { details: { sessionId?: string } }) => details.sessionId === id,
      );
    const found = await alert();
    must(await other.mutate("alerts.resolve", { id: found.id }));
    must(await admin.mutate("users.delete", { id: other.id }));
    const kept = await alert();
    expect(kept).toMatchObject({ id: found.id, resolvedBy: null });
    expect(kept.resolvedAt).not.toBeNull();
    must(await admin.mutate("users.delete", { id: user.id }));
    expect(await alertsOf(id)).toEqual([]);
    expect(await server.owner`select 1 from refresh_tokens where user_id = ${user.id}`).toEqual([]);
  });
});
