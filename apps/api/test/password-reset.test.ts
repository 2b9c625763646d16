import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { hash } from "@node-rs/bcrypt";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fromNewAddress } from "./addresses.ts";
import type { Answer, Client } from "./client.ts";
import { createClock } from "./clock.ts";
import { must, password, startTestServer, type TestServer, type UserClient } from "./harness.ts";
import { mailsTo, tokenIn } from "./outbox.ts";
import { visiblePart } from "./told-apart.ts";
import { enrollTotp } from "./totp-app.ts";

const clock = createClock();
const chosen = "a freshly chosen password";
let server: TestServer;
let admin: Client;
beforeAll(async () => {
  server = await startTestServer({ now: clock.now, env: { TRUST_PROXY: "1" } });
  admin = await server.admin();
});
afterAll(() => server.stop());

const reason = (answer: Answer) => answer.error?.data.reason;
const request = (email: string) =>
  server.anonymous(fromNewAddress()).mutate("auth.requestPasswordReset", { email });
const reset = (token: string, given = chosen) =>
  server.anonymous(fromNewAddress()).mutate("auth.resetPassword", { token, password: given });
const signIn = (email: string, given: string) =>
  server.anonymous(fromNewAddress()).mutate("auth.signIn", { email, password: given });

const resetMails = async (email: string, count: number) =>
  (await mailsTo(server, email, count)).filter(({ text }) => text.includes("/reset#token="));

/** Asks for a link and takes the token out of the mail. */
async function tokenFor(email: string): Promise<string> {
  const before = await resetMails(email, 0);
  must(await request(email));
  await expect
    .poll(async () => (await resetMails(email, 0)).length, { interval: 50 })
    .toBe(before.length + 1);
  const mail = (await resetMails(email, 0)).at(-1);
  if (!mail) throw new Error("no mail");
  return tokenIn(mail);
}

describe("ASVS 6.3.8: asking for a reset", () => {
  test("answers a known, an unknown and a disabled account alike, to the last header", async () => {
    const known = await server.member();
    const disabled = await server.member();
    must(await admin.mutate("users.disable", { id: disabled.id }));
    const answers = [];
    for (const email of [known.email, "nobody@example.org", disabled.email])
      answers.push(visiblePart(await request(email)));
    expect(answers[0]).toMatchObject({ status: 200, data: { status: "resetRequested" } });
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
    // And over the limit: the sixth of an hour.
    const sixth = [];
    for (const email of [known.email, "nobody@example.org"]) {
      for (let count = 0; count < 4; count += 1) must(await request(email));
      sixth.push(visiblePart(await request(email)));
    }
    expect(sixth[0]).toMatchObject({ status: 429 });
    expect(sixth[1]).toEqual(sixth[0]);
    await resetMails(known.email, 5);
    expect(await mailsTo(server, "nobody@example.org", 0)).toEqual([]);
    expect(await mailsTo(server, disabled.email, 0)).toEqual([]);
  });

  test("does the same writes for each, so that the time tells nothing", async () => {
    const { email } = await server.member();
    const traceOf = async (address: string) => {
      must(await request(address));
      const actions = ["account.password_reset_requested"];
      const { items } = must(await admin.query("audit.search", { actions }));
      return items
        .filter(({ target }: { target: { label: string } }) => target.label === address)
        .map(
          (entry: { actor: unknown; outcome: unknown; target: { kind: string; id: string } }) => {
            const { kind, id } = entry.target;
            return { actor: entry.actor, outcome: entry.outcome, target: { kind, id } };
          },
        );
    };
    const known = await traceOf(email);
    expect(known).toHaveLength(1);
    expect(await traceOf("stranger@example.org")).toEqual(known);
  });
});

describe("a reset link", () => {
  test("is of PUBLIC_URL, in the fragment, in plain text, and not in the database", async () => {
    const member = await server.member();
    const token = await tokenFor(member.email);
    const [mail] = await mailsTo(server, member.email);
    expect(mail?.text).toMatch(
      new RegExp(`^${server.url}/reset#token=[A-Za-z0-9_-]{43}\\r?$`, "m"),
    );
    expect(mail?.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    const rows = await server.owner`select link_tokens::text as row from link_tokens`;
    const jobs = await server.owner`select jobs::text as row from jobs`;
    const entries = await server.owner`select audit_entries::text as row from audit_entries`;
    expect(JSON.stringify([rows, jobs, entries])).not.toContain(token);
  });

  test("is of PUBLIC_URL whatever host its request names", async () => {
    const { email } = await server.member();
    const asked = httpRequest(`${server.url}/trpc/auth.requestPasswordReset`, {
      method: "POST",
      headers: {
        ...fromNewAddress(),
        host: "evil.example",
        "x-forwarded-host": "evil.example",
        forwarded: "host=evil.example;proto=https",
        "content-type": "application/json",
      },
    });
    asked.end(JSON.stringify({ email }));
    const [answer] = (await once(asked, "response")) as [IncomingMessage];
    answer.resume();
    expect(answer.statusCode).toBe(200);
    await expect.poll(async () => (await resetMails(email, 0)).length, { interval: 50 }).toBe(1);
    const [mail] = await resetMails(email, 1);
    expect(mail?.text).toContain(`${server.url}/reset#token=`);
    expect(mail?.text).not.toContain("evil.example");
  });

  test("ASVS 6.4.3: sets the password, ends every session, starts none, and tells the owner", async () => {
    const member = await server.member();
    const other = await server.signIn(member.email, fromNewAddress());
    const client = server.anonymous(fromNewAddress());
    const token = await tokenFor(member.email);
    const answer = await client.mutate("auth.resetPassword", { token, password: chosen });
    expect(must(answer)).toEqual({ status: "passwordReset" });
    expect(answer.headers.getSetCookie()).toEqual([]);
    // Nor is any browser known any more: one may be that of who had the password.
    const devices = await server.owner`select 1 from known_devices where user_id = ${member.id}`;
    expect(devices).toEqual([]);
    for (const session of [member, other])
      expect((await session.query("auth.me")).status).toBe(401);
    expect(reason(await signIn(member.email, password))).toBe("invalid_credentials");
    expect((await signIn(member.email, chosen)).status).toBe(200);
    // The link, the notice, and two of sign-ins on devices that were not known.
    const notice = (await mailsTo(server, member.email, 4)).find(
      ({ headers }) => headers.get("subject") === "Your password was reset",
    );
    expect(notice).toBeDefined();
    expect(notice?.text).not.toContain(token);
    const trail = must(await admin.query("audit.search", { targetId: member.id })).items;
    expect(trail.map(({ action }: { action: string }) => action)).toEqual([
      "account.password_reset",
      "account.password_reset_sent",
    ]);
    expect(trail[0]).toMatchObject({
      actor: { kind: "user", id: member.id },
      details: { sessionsRevoked: 2 },
    });
  });

  test("ASVS 6.4.3: passes by no second factor, takes none away, and ends what was begun before", async () => {
    const member = await server.member();
    const { app, recoveryCodes } = await enrollTotp(member, clock.now);
    clock.advanceToMinute();
    const begun = must(await signIn(member.email, password)).challenge;
    const verify = (challenge: string, code: string) =>
      server.anonymous(fromNewAddress()).mutate("auth.verifyMfa", { challenge, code });
    // Short, for it does not stand alone.
    const short = "otterjam 71";
    must(await reset(await tokenFor(member.email), short));
    expect(reason(await verify(begun, app.code()))).toBe("invalid_token");
    const half = must(await signIn(member.email, short));
    expect(half).toMatchObject({ status: "mfaRequired", methods: ["totp", "recovery_code"] });
    const issue = { email: member.email, password: short };
    expect(reason(await server.anonymous(fromNewAddress()).mutate("tokens.issue", issue))).toBe(
      "mfa_required",
    );
    must(await verify(half.challenge, app.code()));
    const again = must(await signIn(member.email, short));
    must(await verify(again.challenge, recoveryCodes[0] ?? ""));
  });

  test("replaces a hash of another system", async () => {
    const member = await server.member();
    const imported = await hash(password, { cost: 4 });
    await server.owner`update users set password_hash = ${imported} where id = ${member.id}`;
    must(await reset(await tokenFor(member.email)));
    const [row] = await server.owner`select password_hash from users where id = ${member.id}`;
    expect(row?.password_hash).toMatch(/^\$argon2id\$/);
    expect(reason(await signIn(member.email, password))).toBe("invalid_credentials");
    expect((await signIn(member.email, chosen)).status).toBe(200);
  });

  test("ASVS 6.4.1: works once, whoever uses it 50 times at once", async () => {
    const member = await server.member();
    const token = await tokenFor(member.email);
    const passwords = Array.from({ length: 50 }, (_, at) => `marmalade for otter ${at + 100}`);
    const answers = await Promise.all(passwords.map((given) => reset(token, given)));
    const right = passwords.filter((_, at) => answers[at]?.status === 200);
    expect(right).toHaveLength(1);
    const refusals = answers.filter(({ status }) => status !== 200).map(reason);
    expect(refusals).toEqual(Array(49).fill("invalid_token"));
    expect((await signIn(member.email, right[0] ?? "")).status).toBe(200);
    expect(reason(await reset(token))).toBe("invalid_token");
  });

  test("ends after 30 minutes, and a clock put back does not revive it", async () => {
    const member = await server.member();
    const token = await tokenFor(member.email);
    clock.advance(30 * 60 + 1);
    expect(reason(await reset(token))).toBe("invalid_token");
    await server.deps.database.raw`select delete_expired_links()`;
    const early = await tokenFor(member.email);
    clock.advance(29 * 60);
    expect((await reset(early)).status).toBe(200);
    clock.advance(-3600);
    expect(reason(await reset(early))).toBe("invalid_token");
    clock.advance(3600);
    admin = await server.signIn("admin@example.org", fromNewAddress());
  });

  test.each<[string, (member: UserClient) => Promise<unknown>]>([
    [
      "a change of the password",
      (member) =>
        member.mutate("account.changePassword", { currentPassword: password, password: chosen }),
    ],
    ["another reset", async (member) => reset(await tokenFor(member.email), chosen)],
    ["disabling", (member) => admin.mutate("users.disable", { id: member.id })],
    ["deletion", (member) => admin.mutate("users.delete", { id: member.id })],
  ])("is dead after %s", async (_, change) => {
    const member = await server.member();
    const token = await tokenFor(member.email);
    must((await change(member)) as Answer);
    expect(reason(await reset(token, "a password that must not be set"))).toBe("invalid_token");
    expect(reason(await signIn(member.email, "a password that must not be set"))).toBe(
      "invalid_credentials",
    );
  });

  test("is for its account and its purpose only", async () => {
    const [one, two] = [await server.member(), await server.member()];
    const token = await tokenFor(one.email);
    const anonymous = server.anonymous(fromNewAddress());
    expect(reason(await anonymous.mutate("auth.verifyEmail", { token }))).toBe("invalid_token");
    const asInvitation = { email: two.email, password, displayName: "x", invitation: token };
    expect(reason(await anonymous.mutate("auth.signUp", asInvitation))).not.toBeUndefined();
    // Presented by somebody else's browser it is still about its own account.
    must(await two.mutate("auth.resetPassword", { token, password: chosen }));
    expect((await two.query("auth.me")).status).toBe(200);
    expect((await signIn(two.email, password)).status).toBe(200);
    expect((await signIn(one.email, chosen)).status).toBe(200);
  });

  test("with a password that is refused is not used up", async () => {
    const member = await server.member();
    const token = await tokenFor(member.email);
    expect(reason(await reset(token, "too short"))).toBe("weak_password");
    expect(reason(await reset(token, `of ${member.email} forever`))).toBe("weak_password");
    expect((await reset(token)).status).toBe(200);
  });

  test("lets in whom forgotten attempts had shut out", async () => {
    const member = await server.member();
    const from = fromNewAddress();
    const attempt = (given: string) =>
      server.anonymous(from).mutate("auth.signIn", { email: member.email, password: given });
    for (let count = 0; count < 5; count += 1) await attempt("not what it was");
    expect(reason(await attempt(password))).toBe("rate_limited");
    must(await reset(await tokenFor(member.email)));
    expect((await attempt(chosen)).status).toBe(200);
  });
});

test("wrong tokens count as wrong credentials of their address", async () => {
  const from = fromNewAddress();
  const guess = () =>
    server
      .anonymous(from)
      .mutate("auth.resetPassword", { token: "A".repeat(43), password: chosen });
  const strict = { class: "credentials", points: 2, durationSeconds: 900 };
  must(await admin.mutate("limits.set", strict));
  for (let count = 0; count < 2; count += 1) expect(reason(await guess())).toBe("invalid_token");
  expect((await guess()).status).toBe(429);
  must(await admin.mutate("limits.reset", { class: "credentials" }));
});
