import { afterAll, beforeAll, expect, test } from "vitest";
import { fromNewAddress } from "./addresses.ts";
import type { Answer } from "./client.ts";
import { createClock } from "./clock.ts";
import { must, password, startTestServer, type TestServer, type UserClient } from "./harness.ts";
import { enrollTotp } from "./totp-app.ts";

const clock = createClock();
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ now: clock.now, env: { TRUST_PROXY: "1" } });
});
afterAll(() => server.stop());

const attempts = 20;
const times = <T>(act: (at: number) => Promise<T>) =>
  Promise.all(Array.from({ length: attempts }, (_, at) => act(at)));
const succeeded = (answers: Answer[]) => answers.filter(({ status }) => status === 200).length;

async function challengeFor({ email }: UserClient): Promise<string> {
  const client = server.anonymous(fromNewAddress());
  return must(await client.mutate("auth.signIn", { email, password })).challenge;
}
const verify = (challenge: string, code: string) =>
  server.anonymous(fromNewAddress()).mutate("auth.verifyMfa", { challenge, code });
const sessionsOf = async ({ id }: UserClient) =>
  (await server.owner`select 1 from sessions where user_id = ${id}`).length;

async function enrolled() {
  const owner = await server.member();
  const factor = await enrollTotp(owner, clock.now);
  clock.advanceToMinute();
  return { owner, ...factor };
}

test("V6.5.1 of twenty sign-ins with one code of the app at once, exactly one succeeds", async () => {
  const { owner, app } = await enrolled();
  const challenges = await times(() => challengeFor(owner));
  const code = app.code();
  const answers = await Promise.all(challenges.map((challenge) => verify(challenge, code)));
  expect(succeeded(answers)).toBe(1);
  expect(await sessionsOf(owner)).toBe(2);
});

test("V6.5.1 of twenty sign-ins with one recovery code at once, exactly one succeeds", async () => {
  const { owner, recoveryCodes } = await enrolled();
  const challenges = await times(() => challengeFor(owner));
  const answers = await Promise.all(
    challenges.map((challenge) => verify(challenge, recoveryCodes[0] ?? "")),
  );
  expect(succeeded(answers)).toBe(1);
  expect(await sessionsOf(owner)).toBe(2);
  expect(must(await owner.query("account.factors")).recoveryCodesLeft).toBe(9);
});

test("of twenty answers to one challenge at once, each with a right code, exactly one succeeds", async () => {
  const { owner, recoveryCodes } = await enrolled();
  const challenge = await challengeFor(owner);
  const answers = await times((at) => verify(challenge, recoveryCodes[at % 10] ?? ""));
  expect(succeeded(answers)).toBe(1);
  expect(await sessionsOf(owner)).toBe(2);
  // What did not sign in was not used up either.
  expect(must(await owner.query("account.factors")).recoveryCodesLeft).toBe(9);
});

test("one code at a sign-in, a step-up and the end of the app at once serves one of them", async () => {
  const { owner, app } = await enrolled();
  const challenge = await challengeFor(owner);
  const code = app.code();
  const answers = await Promise.all([
    verify(challenge, code),
    owner.mutate("auth.reauthenticate", { password, code }),
    owner.mutate("account.disableTotp", { code }),
  ]);
  expect(succeeded(answers)).toBe(1);
});

test("twenty wrong codes for one challenge at once are looked at five times", async () => {
  const { owner, app } = await enrolled();
  const challenge = await challengeFor(owner);
  const answers = await times((at) => verify(challenge, app.code(20 + at)));
  const reasons = answers.map(({ error }) => error?.data.reason).sort();
  expect(reasons).toEqual([
    ...Array<string>(5).fill("invalid_credentials"),
    ...Array<string>(15).fill("invalid_token"),
  ]);
});

test("a sign-in whose password was right before a factor was there makes no session without it", async () => {
  const owner = await server.member();
  const email = owner.email;
  const [answers] = await Promise.all([
    times(() => server.anonymous(fromNewAddress()).mutate("auth.signIn", { email, password })),
    enrollTotp(owner, clock.now),
  ]);
  // Those before it were ended by it, those after it had to prove it.
  for (const { status, data } of answers)
    if (status === 200) expect(["signedIn", "mfaRequired"]).toContain(data.status);
  const left = await server.owner`select methods from sessions where user_id = ${owner.id}`;
  expect(left).toHaveLength(1);
});

test("twenty first factors confirmed at once give one set of recovery codes", async () => {
  const owner = await server.member();
  const { secret } = must(await owner.mutate("account.beginTotp"));
  const { totpApp } = await import("./totp-app.ts");
  const code = totpApp(secret, clock.now).code();
  const answers = await times(() => owner.mutate("account.confirmTotp", { code }));
  expect(succeeded(answers)).toBe(1);
  const codes = await server.owner`select 1 from recovery_codes where user_id = ${owner.id}`;
  expect(codes).toHaveLength(10);
});
