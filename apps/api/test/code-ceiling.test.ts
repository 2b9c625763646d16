import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { fromNewAddress } from "./addresses.ts";
import { type Answer, type Client, createClient } from "./client.ts";
import { createClock } from "./clock.ts";
import { must, password, startTestServer, type TestServer, type UserClient } from "./harness.ts";
import { mailsTo, tokenIn } from "./outbox.ts";
import { enrollTotp, type TotpApp } from "./totp-app.ts";

const clock = createClock();
/** Below the five attempts of a device in 15 minutes, so that it is what is met. */
const ceiling = 4;
let server: TestServer;
let admin: UserClient;
beforeAll(async () => {
  server = await startTestServer({
    now: clock.now,
    env: { TRUST_PROXY: "1", AUTH_RATE_LIMIT_CODES_MAX: String(ceiling) },
  });
  admin = await server.user("admin");
});
afterAll(() => server.stop());

const outcome = (answer: Answer) => [answer.status, answer.error?.data.reason];
const wrong = [401, "invalid_credentials"];
const limited = [429, "rate_limited"];

let owner: UserClient;
let app: TotpApp;
let recoveryCodes: string[];
beforeEach(async () => {
  must(await admin.mutate("auth.reauthenticate", { password }));
  owner = await server.member();
  ({ app, recoveryCodes } = await enrollTotp(owner, clock.now));
  clock.advanceToMinute();
});

/** A program with the password, somewhere new every time. */
const issue = (code: string, given = password) =>
  createClient(server.url, fromNewAddress()).mutate("tokens.issue", {
    email: owner.email,
    password: given,
    code,
  });
/** A browser with the password. */
async function verify(code: string, device = "", given = password) {
  const client: Client = Object.assign(server.anonymous(fromNewAddress()), { device });
  const half = must(await client.mutate("auth.signIn", { email: owner.email, password: given }));
  return client.mutate("auth.verifyMfa", { challenge: half.challenge, code });
}
async function reachCeiling() {
  for (let guess = 0; guess < ceiling; guess += 1)
    expect(outcome(await issue(app.code(20 + guess)))).toEqual(wrong);
}
const subjects = async (count: number) =>
  (await mailsTo(server, owner.email, count)).map(({ headers }) => headers.get("subject"));

describe("V6.6.3 whoever has the password may give so many wrong codes of the app in a day", () => {
  test("at sign-in, for tokens and at step-up together, from everywhere; then a right one is refused too", async () => {
    const stranger = Object.assign(server.anonymous(fromNewAddress()), { cookie: owner.cookie });
    const again = { password, code: app.code(30) };
    expect(outcome(await stranger.mutate("auth.reauthenticate", again))).toEqual(wrong);
    expect(outcome(await stranger.mutate("account.disableTotp", { code: app.code(31) }))).toEqual(
      wrong,
    );
    for (let guess = 0; guess < ceiling - 2; guess += 1)
      expect(outcome(await (guess % 2 ? issue : verify)(app.code(20 + guess)))).toEqual(wrong);
    for (const answer of [await verify(app.code()), await issue(app.code())]) {
      expect(outcome(answer)).toEqual(limited);
      expect(answer.headers.get("ratelimit-policy")).toContain("auth_codes");
      expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(86_000);
    }
    expect(outcome(await stranger.mutate("auth.reauthenticate", again))).toEqual(limited);
  });

  test("of thirty at once no more are looked at", async () => {
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, guess) => issue(app.code(20 + guess))),
    );
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(ceiling);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(30 - ceiling);
  });

  test("and the owner is told once, with an entry", async () => {
    await reachCeiling();
    expect(outcome(await issue(app.code()))).toEqual(limited);
    const told = "Somebody tries codes to get into your account";
    expect((await subjects(2)).filter((subject) => subject === told)).toEqual([told]);
    const found = { actions: ["account.codes_locked"], targetId: owner.id };
    const { items } = must(await admin.query("audit.search", found));
    expect(items).toHaveLength(1);
    const outcomes = async () =>
      must(await owner.query("account.signIns")).items.map(
        ({ outcome: of }: { outcome: string }) => of,
      );
    await expect.poll(outcomes).toEqual([...Array(ceiling).fill("wrong_code"), "signed_in"]);
    expect(must(await admin.query("users.get", { id: owner.id }))).toMatchObject({
      codesLocked: true,
      locked: false,
    });
  });

  test("which keeps nobody out of a known device, nor from recovery codes", async () => {
    await reachCeiling();
    must(await verify(app.code(), owner.device));
    must(await verify(recoveryCodes[0] ?? ""));
    must(await issue(recoveryCodes[1] ?? ""));
  });

  test("also on a known device, by itself", async () => {
    for (let guess = 0; guess < ceiling; guess += 1) {
      expect(outcome(await verify(app.code(20 + guess), owner.device))).toEqual(wrong);
    }
    expect(outcome(await verify(app.code(), owner.device))).toEqual(limited);
    must(await verify(app.code()));
  });

  test("until an administrator unlocks the account, or a day is over", async () => {
    await reachCeiling();
    const day = (await issue(app.code())).headers.get("ratelimit-policy");
    expect(day).toContain("w=86400");
    must(await admin.mutate("users.unlock", { id: owner.id }));
    must(await issue(app.code()));
  });

  test("and not until a reset: a mailbox is no second factor", async () => {
    await reachCeiling();
    must(await admin.mutate("users.startPasswordReset", { id: owner.id }));
    const mails = await mailsTo(server, owner.email, 3);
    const link = mails.find(({ text }) => text.includes("/reset#"));
    if (!link) throw new Error("no mail");
    const next = "seven green owls sing";
    const client = server.anonymous(fromNewAddress());
    must(await client.mutate("auth.resetPassword", { token: tokenIn(link), password: next }));
    expect(outcome(await verify(app.code(), "", next))).toEqual(limited);
  });
});

test("who has not the password uses up nothing", async () => {
  for (let guess = 0; guess < ceiling + 2; guess += 1)
    expect(outcome(await issue(app.code(20 + guess), "not the password at all"))).toEqual(wrong);
  must(await issue(app.code()));
});

test("right codes use up nothing", async () => {
  for (let turn = 0; turn < ceiling + 2; turn += 1) {
    clock.advance(30);
    must(await issue(app.code()));
  }
});
