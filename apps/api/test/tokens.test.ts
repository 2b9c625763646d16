import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import {
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  type JSONWebKeySet,
  jwtVerify,
  SignJWT,
} from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Answer, createClient } from "./client.ts";
import { createClock } from "./clock.ts";
import { must, password, startTestServer, type TestServer, type UserClient } from "./harness.ts";
import { enrollTotp } from "./totp-app.ts";

const clock = createClock();
const older = randomBytes(36).toString("base64url");
const metricsToken = randomBytes(36).toString("base64url");
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({
    now: clock.now,
    env: {
      JWT_SECRET: older,
      METRICS_TOKEN: metricsToken,
      RATE_LIMIT_MAX_REQUESTS: "10000",
      CREDENTIAL_RATE_LIMIT_MAX: "10000",
    },
  });
});
afterAll(() => server.stop());

const reason = (answer: Answer) => answer.error?.data.reason;
const refused = (answer: Answer) => [answer.status, reason(answer)];
type Tokens = { accessToken: string; refreshToken: string; expiresIn: number };

const issue = async (email: string, node = server): Promise<Tokens> =>
  must(await createClient(node.url).mutate("tokens.issue", { email, password }));
const refresh = (refreshToken: string, node = server) =>
  createClient(node.url).mutate("tokens.refresh", { refreshToken });
const bearer = (token: string, node = server) =>
  createClient(node.url, { authorization: `Bearer ${token}` });
const me = (token: string, node = server) => bearer(token, node).query("auth.me");

describe("tokens for a program", () => {
  test("are issued for address and password, and the access token identifies the user", async () => {
    const { email, id } = await server.member();
    const tokens = await issue(email);
    expect(Object.keys(tokens).sort()).toEqual(["accessToken", "expiresIn", "refreshToken"]);
    expect(tokens.expiresIn).toBe(900);
    const answer = await me(tokens.accessToken);
    expect(must(answer)).toMatchObject({ id, email });
    expect(answer.headers.getSetCookie()).toEqual([]);
    // What a member may do, and no more.
    const program = bearer(tokens.accessToken);
    must(await program.mutate("agents.create", { name: "by a program" }));
    expect(refused(await program.query("users.list"))).toEqual([403, "not_permitted"]);
  });

  test("are refused for a wrong password and an unknown account alike, and counted like sign-ins (V6.3.4)", async () => {
    const { email } = await server.member();
    const client = createClient(server.url);
    const wrong = { password: "not the password at all" };
    const answers = [
      await client.mutate("tokens.issue", { email, ...wrong }),
      await client.mutate("tokens.issue", { email: "nobody@example.org", ...wrong }),
    ];
    for (const answer of answers) expect(refused(answer)).toEqual([401, "invalid_credentials"]);
    expect(answers[0]?.error?.message).toBe(answers[1]?.error?.message);
    for (let guess = 0; guess < 4; guess += 1)
      await client.mutate("tokens.issue", { email, ...wrong });
    expect((await client.mutate("tokens.issue", { email, password })).status).toBe(429);
    expect((await server.anonymous().mutate("auth.signIn", { email, password })).status).toBe(429);
  });

  test("of a user with a second factor need a code too: a right one, once (V6.3.3, V6.3.4, V6.5.1)", async () => {
    const owner = await server.member();
    const { app, recoveryCodes } = await enrollTotp(owner, clock.now);
    clock.advanceToMinute();
    const attempt = (code?: string, given = password) =>
      createClient(server.url).mutate("tokens.issue", {
        email: owner.email,
        password: given,
        ...(code === undefined ? {} : { code }),
      });
    const wrong = [401, "invalid_credentials"];
    expect(refused(await attempt())).toEqual([401, "mfa_required"]);
    expect(refused(await attempt(app.code(20)))).toEqual(wrong);
    expect(refused(await attempt("not a code"))).toEqual(wrong);
    // A wrong password is not told apart by the code beside it, and uses none up.
    expect(refused(await attempt(undefined, "not the password at all"))).toEqual(wrong);
    expect(refused(await attempt(app.code(), "not the password at all"))).toEqual(wrong);
    await server.owner`update users set disabled_at = now() where id = ${owner.id}`;
    // Five wrong ones are all that this address has.
    must(await (await server.admin()).mutate("users.unlock", { id: owner.id }));
    expect(refused(await attempt(app.code()))).toEqual(wrong);
    await server.owner`update users set disabled_at = null where id = ${owner.id}`;
    const { accessToken } = must(await attempt(app.code()));
    expect(must(await me(accessToken)).secondFactor).toBe(true);
    expect(refused(await attempt(app.code()))).toEqual(wrong);
    must(await attempt(recoveryCodes[0]));
    expect(refused(await attempt(recoveryCodes[0]))).toEqual(wrong);
    const rows = await server.owner`
      select methods from sessions where user_id = ${owner.id} and kind = 'token' order by created_at`;
    expect(rows.map(({ methods }) => methods)).toEqual([
      ["password", "totp"],
      ["password", "recovery_code"],
    ]);
  });

  test("stand in the owner's list, and revoking there ends them at once (V7.4.1, V10.4.9)", async () => {
    const owner = await server.member();
    const client = createClient(server.url, { "user-agent": "backup-job/2" });
    const tokens: Tokens = must(
      await client.mutate("tokens.issue", { email: owner.email, password }),
    );
    const listed = must(await owner.query("sessions.list")).items.find(
      ({ kind }: { kind: string }) => kind === "token",
    );
    expect(listed).toMatchObject({ current: false, userAgent: "backup-job/2" });
    const own = must(await bearer(tokens.accessToken).query("sessions.list")).items;
    expect(own.find(({ current }: { current: boolean }) => current).id).toBe(listed.id);
    must(await owner.mutate("sessions.revoke", { id: listed.id }));
    expect(refused(await me(tokens.accessToken))).toEqual([401, "invalid_access_token"]);
    expect(refused(await refresh(tokens.refreshToken))).toEqual([401, "invalid_token"]);
  });

  test("end at once with tokens.revoke, by any refresh token of theirs, and with auth.signOut (V7.4.1)", async () => {
    const { email } = await server.member();
    const [first, second, kept] = [await issue(email), await issue(email), await issue(email)];
    const next: Tokens = must(await refresh(first.refreshToken));
    must(
      await createClient(server.url).mutate("tokens.revoke", { refreshToken: first.refreshToken }),
    );
    must(await bearer(second.accessToken).mutate("auth.signOut"));
    for (const { accessToken } of [first, next, second])
      expect((await me(accessToken)).status).toBe(401);
    for (const { refreshToken } of [first, next, second])
      expect((await refresh(refreshToken)).status).toBe(401);
    expect((await me(kept.accessToken)).status).toBe(200);
    const again = await createClient(server.url).mutate("tokens.revoke", {
      refreshToken: next.refreshToken,
    });
    expect(refused(again)).toEqual([401, "invalid_token"]);
  });

  test("of two users do not meet: neither sees, refreshes nor revokes through the other's session list", async () => {
    const [ann, ben] = [await server.member(), await server.member()];
    const tokens = await issue(ann.email);
    const { sid } = decodeJwt(tokens.accessToken) as { sid: string };
    const ids = must(await ben.query("sessions.list")).items.map(({ id }: { id: string }) => id);
    expect(ids).not.toContain(sid);
    expect((await ben.mutate("sessions.revoke", { id: sid })).status).toBe(404);
    expect((await me(tokens.accessToken)).status).toBe(200);
  });

  test("are kept as hashes only; neither a hash nor an id is worth anything", async () => {
    const owner = await server.member();
    const { refreshToken, accessToken } = await issue(owner.email);
    const secret = refreshToken.slice(4);
    expect(Buffer.from(secret, "base64url")).toHaveLength(32);
    const [dump] = await server.owner`
      select (select string_agg(r::text, ' ') from refresh_tokens r) ||
        (select string_agg(s::text, ' ') from sessions s) ||
        (select string_agg(e::text, ' ') from audit_entries e) as text`;
    expect(dump?.text).toContain(createHash("sha256").update(refreshToken).digest("hex"));
    expect(dump?.text).not.toContain(secret);
    expect(dump?.text).not.toContain(accessToken.split(".")[2]);
    const { sid } = decodeJwt(accessToken) as { sid: string };
    const { hash } =
      (await server.owner`select encode(hash, 'hex') as hash from refresh_tokens`)[0] ?? {};
    for (const guess of [hash, sid, `family:${sid}`, `mnr_${sid}`, secret])
      expect(refused(await refresh(guess))).toEqual([401, "invalid_token"]);
    for (const cookie of [`family:${sid}`, sid, accessToken, refreshToken])
      expect(
        (await createClient(server.url, { cookie: `muniment_session=${cookie}` }).query("auth.me"))
          .status,
      ).toBe(401);
    for (const token of [refreshToken, secret, sid]) expect((await me(token)).status).toBe(401);
  });

  test("beside a cookie are refused", async () => {
    const owner = await server.member();
    const { accessToken } = await issue(owner.email);
    const both = createClient(server.url, {
      cookie: owner.cookie,
      authorization: `Bearer ${accessToken}`,
    });
    expect(refused(await both.query("auth.me"))).toEqual([400, "multiple_credentials"]);
  });

  test("two at once, or two keys, are refused wherever one may be presented", async () => {
    const owner = await server.member();
    const [{ accessToken }, { key }] = [await issue(owner.email), await server.apiKey(owner)];
    const bearers = [key, accessToken, metricsToken].map((one) => `Bearer ${one}`);
    const pairs = bearers.flatMap((one) =>
      [...bearers, "Basic Zm9vOmJhcg==", "Basic", 'Digest username="a", realm="b"'].flatMap(
        (other) => [
          [one, other],
          [other, one],
        ],
      ),
    );
    for (const [method, path, body] of [
      ["GET", "/trpc/auth.me", undefined],
      ["GET", "/trpc/events.tail", undefined],
      ["POST", "/trpc/events.ingest", '{"events":[{"type":"a"}]}'],
      ["GET", "/api/v1/events", undefined],
      ["POST", "/api/v1/events", '{"events":[{"type":"a"}]}'],
      ["POST", "/v1/logs", '{"resourceLogs":[]}'],
      ["POST", "/trpc/uploads.create", "{}"],
      ["GET", `/api/v1/uploads/${owner.id}`, undefined],
      ["GET", "/metrics", undefined],
    ] as const) {
      for (const pair of pairs) {
        const call = request(new URL(path, server.url), { method, agent: false });
        for (const one of pair) call.appendHeader("authorization", one);
        if (body) call.setHeader("content-type", "application/json");
        call.end(body);
        const [answer] = (await once(call, "response")) as [IncomingMessage];
        expect([path, pair, answer.statusCode]).toEqual([path, pair, 400]);
        // OTLP's errors carry no reason.
        const told = path === "/v1/logs" ? "one Authorization header" : "multiple_credentials";
        expect(await text(answer)).toContain(told);
      }
    }
  });

  test("need a fresh password for sensitive acts, which reauthentication gives (V10.3.4)", async () => {
    const { email } = await server.member();
    const { accessToken, refreshToken } = await issue(email);
    const program = bearer(accessToken);
    const { id } = must(await program.mutate("agents.create", { name: "agent" }));
    const input = { agentId: id, name: "key", scopes: ["events:write"] };
    expect((await program.mutate("apiKeys.create", input)).status).toBe(200);
    clock.advance(301);
    expect(refused(await program.mutate("apiKeys.create", input))).toEqual([
      403,
      "reauthentication_required",
    ]);
    // A refresh is no authentication.
    const next: Tokens = must(await refresh(refreshToken));
    const later = bearer(next.accessToken);
    expect(reason(await later.mutate("apiKeys.create", input))).toBe("reauthentication_required");
    must(await later.mutate("auth.reauthenticate", { password }));
    expect((await later.mutate("apiKeys.create", input)).status).toBe(200);
  });
});

describe("an access token", () => {
  const origin = () => server.deps.config.publicUrl.origin;
  const jwks = async () =>
    (await (await server.fetch("/.well-known/jwks.json")).json()) as JSONWebKeySet;

  test("names issuer, audience, subject, type, key and its end, and verifies with the published key (V9.2.3, V9.2.4)", async () => {
    const { email, id } = await server.member();
    const { accessToken } = await issue(email);
    const { payload, protectedHeader } = await jwtVerify(
      accessToken,
      createLocalJWKSet(await jwks()),
      { issuer: origin(), audience: origin(), typ: "at+jwt", currentDate: clock.now() },
    );
    expect(protectedHeader).toEqual({
      alg: "EdDSA",
      typ: "at+jwt",
      kid: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(payload).toEqual({
      iss: origin(),
      aud: origin(),
      sub: id,
      sid: expect.any(String),
      jti: expect.any(String),
      client_id: "muniment",
      iat: expect.any(Number),
      auth_time: expect.any(Number),
      exp: (payload.iat ?? 0) + 900,
    });
  });

  test("is verified by keys that anyone may read and cache, and that hold nothing private", async () => {
    const answer = await server.fetch("/.well-known/jwks.json");
    expect(answer.headers.get("cache-control")).toBe("public, max-age=300");
    const { keys } = (await answer.json()) as { keys: object[] };
    expect(keys.map((key) => Object.keys(key).sort())).toEqual([
      ["alg", "crv", "kid", "kty", "use", "x"],
    ]);
  });

  test("is good for 15 minutes and a few seconds of clock difference (V9.2.1)", async () => {
    const { email } = await server.member();
    const { accessToken } = await issue(email);
    clock.advance(898);
    expect((await me(accessToken)).status).toBe(200);
    clock.advance(8);
    expect(refused(await me(accessToken))).toEqual([401, "invalid_access_token"]);
  });

  test("that was refused as expired stays so when the clock is put back", async () => {
    const { email } = await server.member();
    const { accessToken } = await issue(email);
    expect((await me(accessToken)).status).toBe(200);
    clock.advance(1000);
    expect((await me(accessToken)).status).toBe(401);
    clock.advance(-1000);
    expect((await me(accessToken)).status).toBe(401);
  });

  /** A token as the server makes it, but for what is given. */
  async function forged(
    accessToken: string,
    { header = {}, claims = {}, key }: { header?: object; claims?: object; key?: Uint8Array },
  ) {
    const payload = { ...decodeJwt(accessToken), ...claims };
    const own = decodeProtectedHeader(accessToken);
    if (key) {
      return new SignJWT(payload).setProtectedHeader({ ...own, alg: "HS256", ...header }).sign(key);
    }
    const { generateKeyPair } = await import("jose");
    const pair = await generateKeyPair("EdDSA", { extractable: true });
    return new SignJWT(payload)
      .setProtectedHeader({ ...own, alg: "EdDSA", ...header })
      .sign(pair.privateKey);
  }
  const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

  test("of another key, without a signature or changed in any part is nobody's (V9.1.1)", async () => {
    const { email } = await server.member();
    const admin = await server.user("admin");
    const { accessToken } = await issue(email);
    const [header = "", payload = "", signature = ""] = accessToken.split(".");
    const claims = decodeJwt(accessToken);
    const hostile = [
      await forged(accessToken, {}),
      `${header}.${encoded({ ...claims, sub: admin.id })}.${signature}`,
      `${header}.${encoded({ ...claims, exp: 4_000_000_000 })}.${signature}`,
      `${header}.${payload}.`,
      `${header}.${payload}`,
      `${header}.${payload}.${signature.slice(0, -2)}`,
      `${header}.${payload}.${Buffer.alloc(64).toString("base64url")}`,
      `.${payload}.${signature}`,
      "..",
    ];
    for (const token of hostile) expect([token, (await me(token)).status]).toEqual([token, 401]);
    expect((await me(accessToken)).status).toBe(200);
  });

  test("of another algorithm is nobody's, be it none or the public key as a secret (V9.1.2)", async () => {
    const { email } = await server.member();
    const { accessToken } = await issue(email);
    const [, payload = ""] = accessToken.split(".");
    const [key] = (await jwks()).keys;
    const hostile = [
      `${encoded({ alg: "none", typ: "at+jwt", kid: key?.kid })}.${payload}.`,
      `${encoded({ alg: "none", typ: "at+jwt", kid: key?.kid })}.${payload}.AAAA`,
      await forged(accessToken, { key: Buffer.from(key?.x ?? "", "base64url") }),
      await forged(accessToken, { key: Buffer.from(JSON.stringify(key)) }),
      await forged(accessToken, { header: { alg: "Ed25519" } }),
    ];
    for (const token of hostile) expect([token, (await me(token)).status]).toEqual([token, 401]);
  });

  test("that brings or names its own key is nobody's (V9.1.3)", async () => {
    const { email } = await server.member();
    const { accessToken } = await issue(email);
    const { exportJWK, generateKeyPair } = await import("jose");
    const pair = await generateKeyPair("EdDSA", { extractable: true });
    const jwk = await exportJWK(pair.publicKey);
    const kid = decodeProtectedHeader(accessToken).kid ?? "";
    const sign = (header: object) =>
      new SignJWT(decodeJwt(accessToken))
        .setProtectedHeader({ alg: "EdDSA", typ: "at+jwt", ...header })
        .sign(pair.privateKey);
    const hostile = [
      await sign({ jwk }),
      await sign({ jwk, kid }),
      await sign({ jku: `${server.url}/keys.json`, kid: "mine" }),
      await sign({ x5u: `${server.url}/cert.pem` }),
      await sign({ kid: "../../../../dev/null" }),
      await sign({ kid: "' or 1=1 --" }),
      await sign({}),
    ];
    for (const token of hostile) expect((await me(token)).status).toBe(401);
  });

  test("of another type, issuer or audience is nobody's, even signed with our key (V9.2.2, V9.2.3)", async () => {
    const { email } = await server.member();
    const { accessToken } = await issue(email);
    // The same key, as another service with the same secret would have it.
    const { deriveSecrets } = await import("../src/secrets.ts");
    const { createAccessTokens } = await import("../src/identity/access-tokens.ts");
    const { createPrivateKey } = await import("node:crypto");
    const ring = [older];
    const secrets = deriveSecrets({
      JWT_SECRET: ring,
      API_KEY_SECRET: ring,
      ENCRYPTION_KEY: ring,
      AUDIT_SIGNING_KEY: ring,
    });
    const der = Buffer.concat([
      Buffer.from("302e020100300506032b657004220420", "hex"),
      secrets.accessTokenSeeds[0] ?? Buffer.alloc(0),
    ]);
    const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
    const sign = (claims: object, typ = "at+jwt") =>
      new SignJWT({ ...decodeJwt(accessToken), ...claims })
        .setProtectedHeader({ ...decodeProtectedHeader(accessToken), alg: "EdDSA", typ })
        .sign(key);
    expect((await me(await sign({}))).status).toBe(200);
    const hostile = [
      await sign({}, "JWT"),
      await sign({}, "id+jwt"),
      await sign({ iss: "https://elsewhere.example.com" }),
      await sign({ aud: "https://elsewhere.example.com" }),
      await sign({ iss: undefined }),
      await sign({ aud: undefined }),
      await sign({ exp: undefined }),
      await sign({ iat: undefined }),
      await sign({ sid: undefined }),
      await sign({ sub: (await server.member()).id }),
      await sign({ nbf: Math.floor(clock.now().getTime() / 1000) + 600 }),
    ];
    for (const token of hostile) expect((await me(token)).status).toBe(401);
    const config = { ...server.deps.config, publicUrl: new URL("https://elsewhere.example.com") };
    const other = await createAccessTokens(config, secrets, clock.now);
    expect(await other.read(accessToken)).toBeNull();
  });

  test("is dead at once when its user is disabled, deleted, given another role, or has a new password (V7.4.2, V7.4.3)", async () => {
    const admin = await server.user("admin");
    const ends: Record<string, (user: UserClient) => Promise<Answer>> = {
      disable: ({ id }) => admin.mutate("users.disable", { id }),
      delete: ({ id }) => admin.mutate("users.delete", { id }),
      setRole: ({ id }) => admin.mutate("users.setRole", { id, role: "auditor" }),
      revokeSessions: ({ id }) => admin.mutate("users.revokeSessions", { id }),
      changePassword: (user) =>
        user.mutate("account.changePassword", {
          currentPassword: password,
          password: "a quite different passphrase",
        }),
      revokeOthers: (user) => user.mutate("sessions.revokeOthers"),
      revokeAll: (user) => user.mutate("sessions.revokeAll"),
    };
    for (const [name, end] of Object.entries(ends)) {
      const user = await server.member();
      const { accessToken, refreshToken } = await issue(user.email);
      expect((await me(accessToken)).status).toBe(200);
      must(await end(user));
      expect([name, ...refused(await me(accessToken))]).toEqual([
        name,
        401,
        "invalid_access_token",
      ]);
      expect([name, ...refused(await refresh(refreshToken))]).toEqual([name, 401, "invalid_token"]);
    }
  });
});

test("the tokens of a user disabled behind the API's back are worth nothing within a second (V7.4.2)", async () => {
  const { email, id } = await server.member();
  const { accessToken, refreshToken } = await issue(email);
  expect((await me(accessToken)).status).toBe(200);
  await server.owner`update users set disabled_at = now() where id = ${id}`;
  // What was looked up before is remembered for a second, and no longer on a busy machine.
  await sleep(1010);
  expect((await me(accessToken)).status).toBe(401);
  expect(refused(await refresh(refreshToken))).toEqual([401, "invalid_token"]);
});

describe("the ring of JWT_SECRET", () => {
  const element = () => randomBytes(36).toString("base64url");

  test("is rotated without a refused call, whatever the order in which nodes learn of it", async () => {
    const newer = element();
    const { email } = await server.member();
    const old = await issue(email);
    // First every node learns the new element, then it comes first, then the old one goes.
    const learning = await startTestServer({
      besides: server,
      now: clock.now,
      env: { JWT_SECRET: `${older},${newer}`, PUBLIC_URL: server.deps.config.publicUrl.origin },
    });
    const signing = await startTestServer({
      besides: server,
      now: clock.now,
      env: { JWT_SECRET: `${newer},${older}`, PUBLIC_URL: server.deps.config.publicUrl.origin },
    });
    try {
      const fresh = await issue(email, signing);
      expect(decodeProtectedHeader(fresh.accessToken).kid).not.toBe(
        decodeProtectedHeader(old.accessToken).kid,
      );
      for (const node of [learning, signing])
        for (const { accessToken } of [old, fresh])
          expect((await me(accessToken, node)).status).toBe(200);
      const { keys } = (await (await learning.fetch("/.well-known/jwks.json")).json()) as {
        keys: { kid: string }[];
      };
      expect(keys.map(({ kid }) => kid)).toEqual(
        [old, fresh].map(({ accessToken }) => decodeProtectedHeader(accessToken).kid),
      );
      // Refresh tokens know no ring: parallel calls at both nodes get one successor.
      const answers = await Promise.all(
        [learning, signing, learning, signing].map((node) => refresh(fresh.refreshToken, node)),
      );
      expect(new Set(answers.map((answer) => must(answer).refreshToken)).size).toBe(1);
    } finally {
      await signing.stop();
      await learning.stop();
    }
  });

  test("without an element refuses what was signed with it, and refreshing goes on", async () => {
    const { email } = await server.member();
    const old = await issue(email);
    const later = await startTestServer({
      besides: server,
      now: clock.now,
      env: { JWT_SECRET: element(), PUBLIC_URL: server.deps.config.publicUrl.origin },
    });
    try {
      expect((await me(old.accessToken, later)).status).toBe(401);
      const next: Tokens = must(await refresh(old.refreshToken, later));
      expect((await me(next.accessToken, later)).status).toBe(200);
    } finally {
      await later.stop();
    }
  });
});
