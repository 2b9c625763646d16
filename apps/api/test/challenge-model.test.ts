import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fromNewAddress } from "./addresses.ts";
import type { Answer } from "./client.ts";
import { must, startTestServer, type TestServer, type UserClient } from "./harness.ts";
import { enrollTotp, type TotpApp } from "./totp-app.ts";

/** Ahead of the real clock, by which the database tells what is expired; moved by the commands alone. */
const start = Date.now() + 864_000_000;
let now = start;
let server: TestServer;
beforeAll(async () => {
  const many = "1000000";
  server = await startTestServer({
    now: () => new Date(now),
    env: {
      TRUST_PROXY: "1",
      RATE_LIMIT_MAX_REQUESTS: many,
      RATE_LIMIT_USER_MAX: many,
      AUTH_RATE_LIMIT_ACCOUNT_MAX: many,
      AUTH_RATE_LIMIT_CODES_MAX: many,
    },
  });
});
afterAll(() => server.stop());

const lifeMilliseconds = 300_000;
const skewMilliseconds = 60_000;
const attemptsOfOne = 5;
const stepOf = (at: number) => Math.floor(at / 30_000);

type Challenge = {
  token: string;
  madeAt: number;
  attempts: number;
  /** Used, cancelled, or seen when its time was over. */
  isGone: boolean;
  password: string;
};
/** What is true of the half-done sign-ins of a user, said as simply as it can be. */
type Model = {
  challenges: Challenge[];
  password: string;
  passwordsSoFar: number;
  usedStep: number;
  /** How many of the recovery codes were used, in their order. */
  usedCodes: number;
  signedIn: number;
};
type Real = { owner: UserClient; app: TotpApp; recoveryCodes: string[] };

const anybody = () => server.anonymous(fromNewAddress());
const outcome = ({ status, error }: Answer) => error?.data.reason ?? status;

async function expectTruth(model: Model, { owner }: Real) {
  const [found] = await server.owner`
    select (select count(*)::int from challenges where user_id = ${owner.id}) as challenges,
      (select count(*)::int from recovery_codes where user_id = ${owner.id}) as codes,
      (select count(*)::int from sessions where user_id = ${owner.id}) as sessions`;
  expect(found).toEqual({
    challenges: model.challenges.filter(({ isGone }) => !isGone).length,
    codes: 10 - model.usedCodes,
    sessions: model.signedIn,
  });
}

class GivePassword implements fc.AsyncCommand<Model, Real> {
  check = () => true;
  toString = () => "password";
  async run(model: Model, real: Real) {
    const { password } = model;
    const answer = await anybody().mutate("auth.signIn", { email: real.owner.email, password });
    expect(must(answer).status).toBe("mfaRequired");
    const token = answer.data.challenge as string;
    model.challenges.push({ token, madeAt: now, attempts: 0, isGone: false, password });
    await expectTruth(model, real);
  }
}

/** Of the challenges the newest are answered most often, as people do. */
const at = (model: Model, place: number) =>
  model.challenges.at(-1 - (place % model.challenges.length)) as Challenge;

class GiveCode implements fc.AsyncCommand<Model, Real> {
  constructor(
    readonly place: number,
    readonly kind: "app" | "recovery" | "used recovery" | "wrong",
    readonly parallel: number,
  ) {}
  check = (model: Readonly<Model>) =>
    model.challenges.length > 0 &&
    (this.kind !== "recovery" || model.usedCodes < 10) &&
    (this.kind !== "used recovery" || model.usedCodes > 0);
  toString = () => `${this.kind} #${this.place} x${this.parallel}`;
  async run(model: Model, real: Real) {
    const challenge = at(model, this.place);
    const { app, recoveryCodes } = real;
    const codes = {
      app: app.code(),
      recovery: recoveryCodes[model.usedCodes],
      "used recovery": recoveryCodes[model.usedCodes - 1],
      wrong: app.code(20),
    };
    const input = { challenge: challenge.token, code: codes[this.kind] };
    const answers = await Promise.all(
      Array.from({ length: this.parallel }, () => anybody().mutate("auth.verifyMfa", input)),
    );
    const age = now - challenge.madeAt;
    const runs = age >= -skewMilliseconds && age < lifeMilliseconds;
    if (!runs) challenge.isGone = true;
    const looks = challenge.isGone
      ? 0
      : Math.max(0, Math.min(this.parallel, attemptsOfOne - challenge.attempts));
    challenge.attempts += this.parallel;
    const isDead = looks === 0 || challenge.password !== model.password;
    const isRight =
      this.kind === "recovery" || (this.kind === "app" && stepOf(now) > model.usedStep);
    const expected: (string | number)[] = answers.map((_, place) => {
      if (isDead) return "invalid_token";
      if (isRight) return place === 0 ? 200 : "invalid_token";
      return place < looks ? "invalid_credentials" : "invalid_token";
    });
    expect(answers.map(outcome).sort()).toEqual(expected.sort());
    if (!isDead && isRight) {
      challenge.isGone = true;
      model.signedIn += 1;
      if (this.kind === "app") model.usedStep = stepOf(now);
      else model.usedCodes += 1;
    }
    await expectTruth(model, real);
  }
}

class Cancel implements fc.AsyncCommand<Model, Real> {
  constructor(readonly place: number) {}
  check = ({ challenges }: Readonly<Model>) => challenges.length > 0;
  toString = () => `cancel #${this.place}`;
  async run(model: Model, real: Real) {
    const challenge = at(model, this.place);
    const answer = await anybody().mutate("auth.cancelMfa", { challenge: challenge.token });
    expect(outcome(answer)).toBe(challenge.isGone ? "invalid_token" : 200);
    challenge.isGone = true;
    await expectTruth(model, real);
  }
}

class ChangePassword implements fc.AsyncCommand<Model, Real> {
  check = () => true;
  toString = () => "change password";
  async run(model: Model, real: Real) {
    model.passwordsSoFar += 1;
    const password = `seven green owls sing ${model.passwordsSoFar}`;
    const input = { currentPassword: model.password, password };
    must(await real.owner.mutate("account.changePassword", input));
    model.password = password;
    model.signedIn = 1;
    await expectTruth(model, real);
  }
}

class ShutOutAndLetIn implements fc.AsyncCommand<Model, Real> {
  check = () => true;
  toString = () => "disable and enable";
  async run(model: Model, real: Real) {
    const admin = await server.user("admin");
    const { id, email } = real.owner;
    must(await admin.mutate("users.disable", { id }));
    must(await admin.mutate("users.enable", { id }));
    for (const challenge of model.challenges) challenge.isGone = true;
    model.signedIn = 0;
    await expectTruth(model, real);
    // Somebody must be signed in to go on with the other commands: by the next recovery code.
    if (model.usedCodes === 10) return;
    const half = must(await real.owner.mutate("auth.signIn", { email, password: model.password }));
    const code = real.recoveryCodes[model.usedCodes];
    must(await real.owner.mutate("auth.verifyMfa", { challenge: half.challenge, code }));
    model.usedCodes += 1;
    model.signedIn = 1;
    await expectTruth(model, real);
  }
}

class MoveClock implements fc.AsyncCommand<Model, Real> {
  constructor(readonly seconds: number) {}
  check = () => now + this.seconds * 1000 >= start;
  toString = () => `clock ${this.seconds} s`;
  async run() {
    now += this.seconds * 1000;
  }
}

const place = fc.nat({ max: 3 });
const commands = fc.commands(
  [
    fc.constant(new GivePassword()),
    fc
      .tuple(
        place,
        fc.constantFrom("app", "app", "wrong", "recovery", "used recovery"),
        fc.constantFrom(1, 1, 4),
      )
      .map(([which, kind, parallel]) => new GiveCode(which, kind, parallel)),
    place.map((which) => new GiveCode(which, "app", 1)),
    fc.constantFrom(1, 30, 59, 61, 270, 301, -1, -30, -61, -301).map((s) => new MoveClock(s)),
    fc.constantFrom(1, 30, 30).map((seconds) => new MoveClock(seconds)),
    fc.tuple(place, fc.nat({ max: 9 })).map(([which, rare]) => {
      if (rare === 0) return new ShutOutAndLetIn();
      return rare < 5 ? new ChangePassword() : new Cancel(which);
    }),
  ],
  { maxCommands: 25, size: "max" },
);

test("whatever is done with half-done sign-ins in whatever order, and wherever the clock jumps, they are as the model says", async () => {
  await fc.assert(
    fc.asyncProperty(commands, async (run) => {
      const setup = async () => {
        const owner = await server.member();
        const factor = await enrollTotp(owner, () => new Date(now));
        const model: Model = {
          challenges: [],
          password: "correct horse battery staple",
          passwordsSoFar: 0,
          usedStep: stepOf(now),
          usedCodes: 0,
          signedIn: 1,
        };
        return { model, real: { owner, ...factor } };
      };
      await fc.asyncModelRun(setup, run);
    }),
    { numRuns: 6, endOnFailure: true },
  );
});
