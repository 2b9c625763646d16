import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fromNewAddress } from "./addresses.ts";
import type { Client } from "./client.ts";
import { must, startTestServer, type TestServer } from "./harness.ts";

/** Ahead of the real clock, by which the database tells what is expired; moved by the commands alone. */
const start = Date.now() + 8_640_000_000;
let now = start;
let server: TestServer;
beforeAll(async () => {
  const many = "1000000";
  server = await startTestServer({
    now: () => new Date(now),
    env: { TRUST_PROXY: "1", RATE_LIMIT_MAX_REQUESTS: many, RATE_LIMIT_USER_MAX: many },
  });
});
afterAll(() => server.stop());

const day = 86_400_000;
const touchMilliseconds = 60_000;

/** A browser that once signed in; after the end of its session it is kept, for nothing may revive it. */
type Browser = {
  client: Client;
  /** The cookie as the server gave it; the client forgets one that is refused. */
  cookie: string;
  id: string;
  signedInAt: number;
  usedAt: number;
  isOver: boolean;
  /** Cookies that others took the place of. */
  former: string[];
};
/** What is true of the sessions of a user, said as simply as it can be. */
type Model = { browsers: Browser[]; password: string };
type Real = { email: string; userId: string };

const at = (model: Readonly<Model>, place: number) =>
  model.browsers.at(-1 - (place % model.browsers.length)) as Browser;

/** Presents a browser's session and answers whether it is still good, as the model knows it. */
function present(browser: Browser): boolean {
  const { client, cookie, signedInAt, usedAt } = browser;
  client.cookie = cookie;
  if (now >= Math.min(usedAt + day, signedInAt + 7 * day)) browser.isOver = true;
  if (!browser.isOver && now >= usedAt + touchMilliseconds) browser.usedAt = now;
  return !browser.isOver;
}

/** Notes that the server gave the browser another token. */
function expectRenewed(browser: Browser) {
  expect(browser.client.cookie).not.toBe(browser.cookie);
  browser.former.push(browser.cookie);
  browser.cookie = browser.client.cookie;
}

async function expectTruth(model: Model, { userId }: Real) {
  const rows = await server.owner`
    select public_id as id from sessions where user_id = ${userId} order by public_id`;
  const alive = model.browsers.filter(({ isOver }) => !isOver).map(({ id }) => id);
  expect(rows.map(({ id }) => id)).toEqual(alive.sort());
}

class SignIn implements fc.AsyncCommand<Model, Real> {
  /** Absent: in a browser that was never seen. */
  constructor(readonly place?: number) {}
  check = (model: Readonly<Model>) => this.place === undefined || model.browsers.length > 0;
  toString = () => `sign in ${this.place === undefined ? "anew" : `#${this.place}`}`;
  async run(model: Model, real: Real) {
    const before = this.place === undefined ? undefined : at(model, this.place);
    const client = before?.client ?? server.anonymous(fromNewAddress());
    if (before && present(before)) before.isOver = true;
    const { email } = real;
    must(await client.mutate("auth.signIn", { email, password: model.password }));
    const [row] = await server.owner`
      select public_id as id from sessions where user_id = ${real.userId}
      order by public_id desc limit 1`;
    const former = before ? [...before.former, before.cookie] : [];
    if (before) model.browsers.splice(model.browsers.indexOf(before), 1);
    model.browsers.push({
      client,
      cookie: client.cookie,
      id: row?.id as string,
      signedInAt: now,
      usedAt: now,
      isOver: false,
      former,
    });
    await expectTruth(model, real);
  }
}

class Use implements fc.AsyncCommand<Model, Real> {
  constructor(readonly place: number) {}
  check = ({ browsers }: Readonly<Model>) => browsers.length > 0;
  toString = () => `use #${this.place}`;
  async run(model: Model, real: Real) {
    const browser = at(model, this.place);
    const isGood = present(browser);
    expect((await browser.client.query("auth.me")).status).toBe(isGood ? 200 : 401);
    for (const cookie of browser.former) {
      const late = Object.assign(server.anonymous(fromNewAddress()), { cookie });
      expect((await late.query("auth.me")).status).toBe(401);
    }
    await expectTruth(model, real);
  }
}

/** What a browser does that ends sessions or renews its own, and which others it leaves. */
const acts: Record<
  string,
  { renews: boolean; spares?: "all" | "none" | "own" | "others"; password?: true }
> = {
  "auth.signOut": { renews: false, spares: "others" },
  "auth.reauthenticate": { renews: true, spares: "all" },
  "sessions.revoke": { renews: false },
  "sessions.revokeOthers": { renews: false, spares: "own" },
  "sessions.revokeAll": { renews: false, spares: "none" },
  "account.changePassword": { renews: true, spares: "own", password: true },
};

class Act implements fc.AsyncCommand<Model, Real> {
  constructor(
    readonly path: string,
    readonly place: number,
    readonly target: number,
  ) {}
  check = ({ browsers }: Readonly<Model>) => browsers.length > 0;
  toString = () => `${this.path} #${this.place}`;
  async run(model: Model, real: Real) {
    const browser = at(model, this.place);
    const { renews, spares, password: changes } = acts[this.path] ?? { renews: false };
    const target = at(model, this.target);
    const isGood = present(browser);
    const { client } = browser;
    const { password } = model;
    if (isGood && this.path.startsWith("sessions.")) {
      must(await client.mutate("auth.reauthenticate", { password }));
      expectRenewed(browser);
    }
    const next = `seven green owls sing ${password.length}`;
    const inputs: Record<string, object> = {
      "auth.reauthenticate": { password },
      "sessions.revoke": { id: target.id },
      "account.changePassword": { currentPassword: password, password: next },
    };
    const answer = await client.mutate(this.path, inputs[this.path]);
    if (!isGood) {
      expect(answer.status).toBe(401);
      return expectTruth(model, real);
    }
    if (this.path === "sessions.revoke") {
      expect(answer.status).toBe(target.isOver ? 404 : 200);
      target.isOver = true;
    } else must(answer);
    if (changes) model.password = next;
    if (renews) expectRenewed(browser);
    for (const one of model.browsers) {
      const isSpared = spares === "own" ? one === browser : one !== browser;
      if (spares === "none" || (spares !== undefined && spares !== "all" && !isSpared))
        one.isOver = true;
    }
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
    fc.constant(new SignIn()),
    fc.oneof(place, fc.constant(undefined)).map((which) => new SignIn(which)),
    place.map((which) => new Use(which)),
    place.map((which) => new Use(which)),
    fc
      .tuple(fc.constantFrom(...Object.keys(acts)), place, place)
      .map(([path, by, target]) => new Act(path, by, target)),
    fc
      .constantFrom(1, 59, 61, 43_200, 86_399, 86_400, 604_800, -1, -61, -43_200, -604_800)
      .map((seconds) => new MoveClock(seconds)),
    fc.constantFrom(61, 43_200, 80_000).map((seconds) => new MoveClock(seconds)),
  ],
  { maxCommands: 25, size: "max" },
);

test("whatever is done with sessions in whatever order, and wherever the clock jumps, they are as the model says", async () => {
  await fc.assert(
    fc.asyncProperty(commands, async (run) => {
      const setup = async () => {
        const { email, id: userId } = await server.member();
        await server.owner`delete from sessions where user_id = ${userId}`;
        const model: Model = { browsers: [], password: "correct horse battery staple" };
        return { model, real: { email, userId } };
      };
      await fc.asyncModelRun(setup, run);
    }),
    { numRuns: 10, endOnFailure: true },
  );
});
