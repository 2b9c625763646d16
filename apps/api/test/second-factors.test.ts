import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { personalColumnsOf, readable } from "../src/audit/sealed-personal.ts";
import { fromNewAddress } from "./addresses.ts";
import type { Answer, Client } from "./client.ts";
import { createClock } from "./clock.ts";
import { must, password, startTestServer, type TestServer, type UserClient } from "./harness.ts";
import { enrollTotp, type TotpApp } from "./totp-app.ts";

const clock = createClock();
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ now: clock.now, env: { TRUST_PROXY: "1" } });
});
afterAll(() => server.stop());

const outcome = (answer: Answer) => [answer.status, answer.error?.data.reason];
const wrong = [401, "invalid_credentials"];
const over = [401, "invalid_token"];

let owner: UserClient;
let app: TotpApp;
let recoveryCodes: string[];
beforeEach(async () => {
  owner = await server.member();
  ({ app, recoveryCodes } = await enrollTotp(owner, clock.now));
  // The step whose code confirmed the app is used; at the start of one, none ends within a test.
  clock.advanceToMinute();
});

/** The password is right; what follows is up to the client. */
async function halfSignedIn(email = owner.email) {
  const client = server.anonymous(fromNewAddress());
  const answer = must(await client.mutate("auth.signIn", { email, password }));
  expect(answer.status).toBe("mfaRequired");
  return { client, challenge: answer.challenge as string, answer };
}
const verify = (client: Client, challenge: string, code: string) =>
  client.mutate("auth.verifyMfa", { challenge, code });
const audit = (action: string) =>
  server.owner`select details, target_id from audit_entries where action = ${action} order by id`;

describe("with an authenticator app", () => {
  test("V6.3.3 the right password gets a challenge and no session; a right code makes the session", async () => {
    const { client, challenge, answer } = await halfSignedIn();
    expect(answer).toEqual({
      status: "mfaRequired",
      challenge: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
      methods: ["totp", "recovery_code"],
      passkey: null,
    });
    expect(client.cookie).toBe("");
    expect((await server.owner`select 1 from sessions where user_id = ${owner.id}`).length).toBe(1);
    const finished = must(await verify(client, challenge, app.code()));
    expect(finished).toMatchObject({
      status: "signedIn",
      user: { id: owner.id, secondFactor: true, mustEnroll: false },
    });
    expect(must(await client.query("auth.me")).secondFactor).toBe(true);
    const [session] = await server.owner`
      select methods from sessions where user_id = ${owner.id} order by created_at desc limit 1`;
    expect(session?.methods).toEqual(["password", "totp"]);
    expect((await audit("session.created")).at(-1)?.details).toEqual({
      methods: ["password", "totp"],
    });
    expect((await audit("sign_in.challenged")).at(-1)?.target_id).toBe(owner.id);
  });

  test("a wrong password is answered as without one", async () => {
    const wrongPassword = { email: owner.email, password: "not the password at all" };
    expect(outcome(await server.anonymous().mutate("auth.signIn", wrongPassword))).toEqual(wrong);
  });

  test.each(["", "12345", "abcdef", "0".repeat(65)])(
    "%j is malformed or wrong, and signs nobody in",
    async (code) => {
      const { client, challenge } = await halfSignedIn();
      expect([400, 401]).toContain((await verify(client, challenge, code)).status);
      expect(client.cookie).toBe("");
    },
  );

  test("V6.5.1 a used code is refused, also with a new challenge, and spaces do not make it another", async () => {
    const first = await halfSignedIn();
    const code = app.code();
    must(await verify(first.client, first.challenge, code));
    const second = await halfSignedIn();
    expect(outcome(await verify(second.client, second.challenge, code))).toEqual(wrong);
    const spaced = ` ${code.slice(0, 3)} ${code.slice(3)}`;
    expect(outcome(await verify(second.client, second.challenge, spaced))).toEqual(wrong);
    // An earlier step is used up with it.
    expect(outcome(await verify(second.client, second.challenge, app.code(-1)))).toEqual(wrong);
    clock.advance(30);
    must(
      await verify(
        second.client,
        second.challenge,
        ` ${app.code().slice(0, 3)} ${app.code().slice(3)}`,
      ),
    );
  });

  test("V6.5.5 V6.5.8 the server's clock decides: one step of drift passes, two do not", async () => {
    for (const [steps, expected] of [
      [-2, wrong],
      [2, wrong],
      [1, [200, undefined]],
    ] as const) {
      const { client, challenge } = await halfSignedIn();
      expect(outcome(await verify(client, challenge, app.code(steps)))).toEqual(expected);
    }
  });

  test("V6.5.1 neither a jump of the clock forward nor back revives a code", async () => {
    const { client, challenge } = await halfSignedIn();
    const code = app.code();
    must(await verify(client, challenge, code));
    for (const jump of [3600, -3600]) {
      clock.advance(jump);
      const again = await halfSignedIn();
      expect(outcome(await verify(again.client, again.challenge, code))).toEqual(wrong);
    }
  });

  test("V6.5.2 the database holds the secret encrypted for this user, and codes only as hashes", async () => {
    const [row] = await server.owner`select * from totp_factors where user_id = ${owner.id}`;
    expect(JSON.stringify(row)).not.toContain(app.secret);
    expect(row?.secret).toMatch(/^v2\./);
    const other = await server.member();
    const theirs = await enrollTotp(other, clock.now);
    // Moved to another user it cannot be read, so it lets nobody in.
    await server.owner`update totp_factors set secret = ${row?.secret} where user_id = ${other.id}`;
    clock.advance(30);
    const { client, challenge } = await halfSignedIn(other.email);
    expect((await verify(client, challenge, app.code())).status).toBe(500);
    expect(client.cookie).toBe("");
    const codes = await server.owner`select hash from recovery_codes where user_id = ${other.id}`;
    expect(codes).toHaveLength(10);
    for (const { hash } of codes) expect((hash as Buffer).length).toBe(32);
    expect(JSON.stringify(codes)).not.toContain(theirs.recoveryCodes[0]);
  });
});

describe("a challenge", () => {
  test("V6.3.4 is no credential: nothing but finishing and cancelling accepts it", async () => {
    const { challenge } = await halfSignedIn();
    for (const headers of [
      { cookie: `muniment_session=${challenge}` },
      { authorization: `Bearer ${challenge}` },
    ]) {
      const client = server.anonymous({ ...fromNewAddress(), ...headers });
      for (const path of ["auth.me", "sessions.list", "agents.list"])
        expect((await client.query(path)).status).toBe(401);
      expect((await client.mutate("account.beginTotp")).status).toBe(401);
    }
    const reset = { token: challenge, email: owner.email, password, displayName: "x" };
    expect(outcome(await server.anonymous().mutate("setup.createAdmin", reset))).toEqual(over);
  });

  test("is over after it was used, cancelled, or five minutes", async () => {
    const used = await halfSignedIn();
    must(await verify(used.client, used.challenge, app.code()));
    clock.advance(30);
    expect(outcome(await verify(server.anonymous(), used.challenge, app.code()))).toEqual(over);

    const cancelled = await halfSignedIn();
    const cancel = () =>
      cancelled.client.mutate("auth.cancelMfa", { challenge: cancelled.challenge });
    expect(must(await cancel())).toEqual({});
    expect(outcome(await cancel())).toEqual(over);
    expect(outcome(await verify(cancelled.client, cancelled.challenge, app.code()))).toEqual(over);
    expect((await audit("sign_in.cancelled")).at(-1)?.target_id).toBe(owner.id);

    const late = await halfSignedIn();
    clock.advance(301);
    expect(outcome(await verify(late.client, late.challenge, app.code()))).toEqual(over);
    // Seen to be over, it stays so when the clock goes back.
    clock.advance(-301);
    expect(outcome(await verify(late.client, late.challenge, app.code()))).toEqual(over);
  });

  test("does not outlast its five minutes by a clock put back", async () => {
    const { client, challenge } = await halfSignedIn();
    clock.advance(-3600);
    const early = await verify(client, challenge, app.code());
    clock.advance(3600);
    expect(outcome(early)).toEqual(over);
    expect(outcome(await verify(client, challenge, app.code()))).toEqual(over);
  });

  test("ends with the password that was proved for it", async () => {
    const { client, challenge } = await halfSignedIn();
    const next = "another long passphrase";
    must(
      await owner.mutate("account.changePassword", { currentPassword: password, password: next }),
    );
    expect(outcome(await verify(client, challenge, app.code()))).toEqual(over);
  });

  test.each([
    [
      "disabled",
      (id: string) => server.owner`update users set disabled_at = now() where id = ${id}`,
    ],
    ["deleted", (id: string) => server.owner`delete from users where id = ${id}`],
  ])("ends with an account that is %s", async (_, act) => {
    const { client, challenge } = await halfSignedIn();
    await act(owner.id);
    expect(outcome(await verify(client, challenge, app.code()))).toEqual(over);
    expect(client.cookie).toBe("");
  });

  test("ends when a factor changes", async () => {
    const { client, challenge } = await halfSignedIn();
    must(await owner.mutate("account.disableTotp", { password }));
    expect(outcome(await verify(client, challenge, recoveryCodes[0] ?? ""))).toEqual(over);
  });

  test("allows five wrong codes, and not a right one after them", async () => {
    const { challenge } = await halfSignedIn();
    for (let guess = 0; guess < 5; guess += 1) {
      const client = server.anonymous(fromNewAddress());
      expect(outcome(await verify(client, challenge, app.code(20 + guess)))).toEqual(wrong);
    }
    const client = server.anonymous(fromNewAddress());
    expect(outcome(await verify(client, challenge, app.code()))).toEqual(over);
  });

  test("needs our own origin to become a session", async () => {
    const { challenge } = await halfSignedIn();
    const foreign = server.anonymous({ ...fromNewAddress(), origin: "https://evil.example" });
    expect(outcome(await verify(foreign, challenge, app.code()))).toEqual([
      403,
      "origin_not_allowed",
    ]);
  });
});

describe("wrong codes", () => {
  test("V6.3.1 count with the failed sign-ins of the account, across challenges", async () => {
    const headers = fromNewAddress();
    const attempt = async (code: string) => {
      const client = server.anonymous(headers);
      const { challenge } =
        (await client.mutate("auth.signIn", { email: owner.email, password })).data ?? {};
      return verify(client, challenge ?? "x".repeat(43), code);
    };
    for (let guess = 0; guess < 5; guess += 1)
      expect(outcome(await attempt(app.code(50 + guess)))).toEqual(wrong);
    const signIn = { email: owner.email, password };
    const blocked = await server.anonymous(headers).mutate("auth.signIn", signIn);
    expect(outcome(blocked)).toEqual([429, "rate_limited"]);
    expect(blocked.headers.get("ratelimit-policy")).toContain("auth_account_address");
  });

  test("are recorded as refused sign-ins at that account", async () => {
    const { client, challenge } = await halfSignedIn();
    await verify(client, challenge, app.code(20));
    await vi.waitFor(async () => {
      const rows = await server.owner`
        select * from audit_log
        where details->>'procedure' = 'auth.verifyMfa'`;
      const opened = await server.deps.dataKeys.open(rows.map(personalColumnsOf));
      const refused = rows.find((_, at) => readable(opened[at]?.target)?.label === owner.email);
      expect(refused).toMatchObject({
        action: "sign_in.refused",
        details: { reason: "invalid_credentials" },
      });
    }, 30_000);
  });
});

describe("recovery codes", () => {
  test("V6.5.3 V6.5.4 are ten of 120 random bits, shown once", async () => {
    expect(recoveryCodes).toHaveLength(10);
    for (const code of recoveryCodes)
      expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{6}(?:-[0-9A-HJKMNP-TV-Z]{6}){3}$/);
    expect(new Set(recoveryCodes).size).toBe(10);
    const seen = must(await owner.query("account.factors"));
    expect(seen).toMatchObject({ recoveryCodesLeft: 10, required: false });
    expect(JSON.stringify(seen)).not.toContain(recoveryCodes[0]);
  });

  test("V6.5.1 each signs in once, however it is typed", async () => {
    const code = recoveryCodes[3] ?? "";
    const first = await halfSignedIn();
    must(
      await verify(first.client, first.challenge, ` ${code.toLowerCase().replaceAll("-", " ")} `),
    );
    expect(must(await first.client.query("account.factors")).recoveryCodesLeft).toBe(9);
    const second = await halfSignedIn();
    expect(outcome(await verify(second.client, second.challenge, code))).toEqual(wrong);
    expect((await audit("session.created")).at(-1)?.details).toEqual({
      methods: ["password", "recovery_code"],
    });
  });

  test("V6.5.6 new ones end the earlier ones, and need a fresh authentication", async () => {
    const fresh = must(await owner.mutate("account.recoveryCodes")).recoveryCodes;
    expect(fresh).toHaveLength(10);
    const { client, challenge } = await halfSignedIn();
    expect(outcome(await verify(client, challenge, recoveryCodes[0] ?? ""))).toEqual(wrong);
    must(await verify(client, challenge, fresh[0]));
    clock.advance(301);
    expect(outcome(await owner.mutate("account.recoveryCodes"))).toEqual([
      403,
      "reauthentication_required",
    ]);
  });

  test("belong to one user", async () => {
    const other = await server.member();
    await enrollTotp(other, clock.now);
    const { client, challenge } = await halfSignedIn(other.email);
    expect(outcome(await verify(client, challenge, recoveryCodes[0] ?? ""))).toEqual(wrong);
  });

  test("are not to be had without a second factor", async () => {
    const plain = await server.member();
    expect(outcome(await plain.mutate("account.recoveryCodes"))).toEqual([404, "not_found"]);
  });
});

describe("changing factors", () => {
  test.each([
    "account.beginTotp",
    "account.recoveryCodes",
    "account.confirmTotp",
    "account.disableTotp",
  ])("V7.5.1 %s needs an authentication at most five minutes old", async (path) => {
    clock.advance(301);
    const answer = await owner.mutate(
      path,
      path === "account.confirmTotp" ? { code: app.code() } : undefined,
    );
    expect(outcome(answer)).toEqual([403, "reauthentication_required"]);
  });

  test("V7.4.3 enrolling and disabling end the other sessions, and tell the owner", async () => {
    const user = await server.member();
    const elsewhere = await server.signIn(user.email, fromNewAddress());
    await enrollTotp(user, clock.now);
    expect((await elsewhere.query("auth.me")).status).toBe(401);
    expect((await user.query("auth.me")).status).toBe(200);
    expect((await audit("totp.enabled")).at(-1)).toMatchObject({
      details: { sessionsRevoked: 1 },
      target_id: user.id,
    });
    must(await user.mutate("account.disableTotp", { password }));
    expect((await audit("totp.disabled")).at(-1)?.target_id).toBe(user.id);
    must(
      await server
        .anonymous(fromNewAddress())
        .mutate("auth.signIn", { email: user.email, password }),
    );
    expect(must(await user.query("account.factors"))).toMatchObject({
      totpSince: null,
      recoveryCodesLeft: 0,
    });
  });

  test("disabling needs a right code or the right password beside it", async () => {
    expect((await owner.mutate("account.disableTotp", {})).status).toBe(400);
    expect((await owner.mutate("account.disableTotp", { code: app.code(), password })).status).toBe(
      400,
    );
    expect(outcome(await owner.mutate("account.disableTotp", { code: app.code(20) }))).toEqual(
      wrong,
    );
    expect(outcome(await owner.mutate("account.disableTotp", { password: "not it" }))).toEqual(
      wrong,
    );
    expect(must(await owner.query("auth.me")).secondFactor).toBe(true);
    must(await owner.mutate("account.disableTotp", { code: app.code() }));
    expect(must(await owner.query("auth.me")).secondFactor).toBe(false);
    expect(outcome(await owner.mutate("account.disableTotp", { password }))).toEqual([
      404,
      "not_found",
    ]);
  });

  test("a password too short to stand alone keeps the last factor in place", async () => {
    await server.owner`update users set password_is_short = true where id = ${owner.id}`;
    expect(outcome(await owner.mutate("account.disableTotp", { password }))).toEqual([
      409,
      "password_too_short",
    ]);
    expect(must(await owner.query("auth.me")).secondFactor).toBe(true);
    // The database holds it too, whatever forgot to ask.
    const bare = server.owner`update users set second_factor_at = null where id = ${owner.id}`;
    await expect(bare).rejects.toMatchObject({ code: "23514" });
  });

  test("a new app takes the place of the old one, and the recovery codes stay", async () => {
    const { secret } = must(await owner.mutate("account.beginTotp"));
    const { client, challenge } = await halfSignedIn();
    must(await verify(client, challenge, app.code()));
    const next = await enrollTotp(client, clock.now);
    expect(next.app.secret).not.toBe(secret);
    expect(next.recoveryCodes).toBeNull();
    clock.advance(30);
    const after = await halfSignedIn();
    expect(outcome(await verify(after.client, after.challenge, app.code()))).toEqual(wrong);
    must(await verify(after.client, after.challenge, next.app.code()));
  });

  test("a wrong code confirms nothing, and nothing can be confirmed that was not begun", async () => {
    const user = await server.member();
    const confirm = (code: string) => user.mutate("account.confirmTotp", { code });
    expect(outcome(await confirm("123456"))).toEqual([404, "not_found"]);
    must(await user.mutate("account.beginTotp"));
    expect(outcome(await confirm("not it"))).toEqual(wrong);
    expect(must(await user.query("auth.me")).secondFactor).toBe(false);
    must(
      await server
        .anonymous(fromNewAddress())
        .mutate("auth.signIn", { email: user.email, password }),
    );
  });

  test("a user's deletion takes factors, codes and challenges along", async () => {
    await halfSignedIn();
    const admin = await server.user("admin");
    must(await admin.mutate("users.delete", { id: owner.id }));
    for (const table of ["totp_factors", "recovery_codes", "passkeys", "challenges"])
      expect(
        await server.owner`select 1 from ${server.owner(table)} where user_id = ${owner.id}`,
      ).toHaveLength(0);
  });
});

describe("proving again that it is you", () => {
  test("V7.5.3 with a second factor, the password alone does not do", async () => {
    clock.advance(301);
    const reauthenticate = (input: object) => owner.mutate("auth.reauthenticate", input);
    expect(must(await owner.mutate("auth.beginReauthentication"))).toEqual({
      methods: ["totp", "recovery_code"],
      passkey: null,
    });
    expect(outcome(await reauthenticate({ password }))).toEqual([401, "mfa_required"]);
    // The same for a wrong password: the answer is no test of it.
    expect(outcome(await reauthenticate({ password: "wrong" }))).toEqual([401, "mfa_required"]);
    expect(outcome(await reauthenticate({ password, code: app.code(20) }))).toEqual(wrong);
    expect(outcome(await reauthenticate({ password: "wrong", code: app.code() }))).toEqual(wrong);
    expect(outcome(await owner.mutate("account.recoveryCodes"))[1]).toBe(
      "reauthentication_required",
    );
    must(await reauthenticate({ password, code: app.code() }));
    must(await owner.mutate("account.recoveryCodes"));
    expect((await audit("session.reauthenticated")).at(-1)?.details).toEqual({
      methods: ["password", "totp"],
    });
  });

  test("a code that signed in does not also prove it again", async () => {
    const { client, challenge } = await halfSignedIn();
    const code = app.code();
    must(await verify(client, challenge, code));
    expect(outcome(await client.mutate("auth.reauthenticate", { password, code }))).toEqual(wrong);
  });
});
