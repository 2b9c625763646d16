import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient } from "./client.ts";
import { must, password, startTestServer, type TestServer } from "./harness.ts";

/** Ahead of the real clock, by which the database tells what is expired; moved by the commands alone. */
let now = Date.now() + 8_640_000_000;
let server: TestServer;
let email: string;
beforeAll(async () => {
  server = await startTestServer({
    now: () => new Date(now),
    env: {
      RATE_LIMIT_MAX_REQUESTS: "1000000",
      RATE_LIMIT_USER_MAX: "1000000",
      CREDENTIAL_RATE_LIMIT_MAX: "1000000",
    },
  });
  email = (await server.member()).email;
});
afterAll(() => server.stop());

const lifeMilliseconds = 604_800_000;
const graceMilliseconds = 10_000;
const accessMilliseconds = 905_000;

type Token = { refresh: string; access: string; issuedAt: number; usedAt: number | null };
/** What is true of a family, said as simply as it can be. */
type Model = {
  tokens: Token[];
  startedAt: number;
  ended: boolean;
  alerts: number;
  /** Access tokens that were refused once. */
  refused: Set<string>;
};
type Real = { id: string };

const call = (path: string, refreshToken: string) =>
  createClient(server.url).mutate(path, { refreshToken });
const at = (model: Model, place: number) => model.tokens[place % model.tokens.length] as Token;

async function expectTruth(model: Model, { id }: Real) {
  const [found] = await server.owner`
    select (select count(*)::int from sessions where public_id = ${id}) as families,
      (select count(*)::int from refresh_tokens where session_id = ${`family:${id}`} and used_at is null) as unused,
      (select count(*)::int from alerts where key = ${id}) as alerts`;
  const alive = model.ended ? 0 : 1;
  expect(found).toEqual({ families: alive, unused: alive, alerts: model.alerts });
}

class Refresh implements fc.AsyncCommand<Model, Real> {
  constructor(
    readonly place: number,
    readonly parallel: number,
  ) {}
  check = () => true;
  toString = () => `refresh #${this.place} x${this.parallel}`;
  async run(model: Model, real: Real) {
    const token = at(model, this.place);
    const answers = await Promise.all(
      Array.from({ length: this.parallel }, () => call("tokens.refresh", token.refresh)),
    );
    const newest = model.tokens.at(-1);
    const before = model.tokens.at(-2);
    const isOver = now >= model.startedAt + lifeMilliseconds;
    const inGrace = token === before && Math.abs(now - (token.usedAt ?? 0)) <= graceMilliseconds;
    if (model.ended || isOver || (token !== newest && !inGrace)) {
      for (const answer of answers) expect(answer.status).toBe(401);
      if (!model.ended && !isOver) model.alerts += 1;
      model.ended = true;
    } else {
      const given = answers.map((answer) => must(answer));
      const successors = new Set(given.map(({ refreshToken }) => refreshToken));
      expect(successors.size).toBe(1);
      const [refresh = ""] = successors;
      if (token === newest) {
        token.usedAt = now;
        expect(model.tokens.map((known) => known.refresh)).not.toContain(refresh);
        const access = given[0].accessToken;
        model.tokens.push({ refresh, access, issuedAt: now, usedAt: null });
      } else {
        expect(refresh).toBe(newest?.refresh);
      }
    }
    await expectTruth(model, real);
  }
}

class UseAccess implements fc.AsyncCommand<Model, Real> {
  constructor(readonly place: number) {}
  check = () => true;
  toString = () => `use #${this.place}`;
  async run(model: Model, real: Real) {
    const { access, issuedAt } = at(model, this.place);
    const { status } = await createClient(server.url, {
      authorization: `Bearer ${access}`,
    }).query("auth.me");
    // Whole seconds count in a token.
    const expired = now >= Math.floor(issuedAt / 1000) * 1000 + accessMilliseconds;
    const isOver = now >= model.startedAt + lifeMilliseconds;
    const dead = model.ended || expired || isOver || model.refused.has(access);
    expect(status).toBe(dead ? 401 : 200);
    if (expired) model.refused.add(access);
    // Whoever meets a family that is over ends it, so that no clock revives it.
    else if (isOver && !model.refused.has(access)) model.ended = true;
    await expectTruth(model, real);
  }
}

class Revoke implements fc.AsyncCommand<Model, Real> {
  constructor(readonly place: number) {}
  check = () => true;
  toString = () => `revoke #${this.place}`;
  async run(model: Model, real: Real) {
    const { status } = await call("tokens.revoke", at(model, this.place).refresh);
    expect(status).toBe(model.ended ? 401 : 200);
    model.ended = true;
    await expectTruth(model, real);
  }
}

class MoveClock implements fc.AsyncCommand<Model, Real> {
  constructor(readonly seconds: number) {}
  check = () => true;
  toString = () => `clock ${this.seconds} s`;
  async run() {
    now += this.seconds * 1000;
  }
}

const place = fc.nat({ max: 50 });
const commands = fc.commands(
  [
    // The newest most often, as an honest client does.
    fc
      .tuple(fc.oneof(place, place), fc.integer({ min: 1, max: 4 }))
      .map(([which, parallel]) => new Refresh(which, parallel)),
    place.map((which) => new UseAccess(which)),
    fc
      .constantFrom(1, 4, 11, 60, 899, 1000, 86_400, 604_800, -1, -5, -11, -1000, -86_400)
      .map((seconds) => new MoveClock(seconds)),
    fc.constantFrom(1, 4, 5).map((seconds) => new MoveClock(seconds)),
    fc
      .record({ which: place, rare: fc.nat({ max: 4 }) })
      .map(({ which, rare }) => (rare === 0 ? new Revoke(which) : new Refresh(which, 2))),
  ],
  { maxCommands: 25, size: "max" },
);

test("whatever is done with a family in whatever order, and wherever the clock jumps, it is as the model says", async () => {
  await fc.assert(
    fc.asyncProperty(commands, async (run) => {
      const setup = async () => {
        const issued = must(
          await createClient(server.url).mutate("tokens.issue", { email, password }),
        );
        const [row] = await server.owner`
          select public_id as id from sessions where kind = 'token' order by public_id desc limit 1`;
        const model: Model = {
          tokens: [
            {
              refresh: issued.refreshToken,
              access: issued.accessToken,
              issuedAt: now,
              usedAt: null,
            },
          ],
          startedAt: now,
          ended: false,
          alerts: 0,
          refused: new Set(),
        };
        return { model, real: { id: row?.id as string } };
      };
      await fc.asyncModelRun(setup, run);
    }),
    { numRuns: 10, endOnFailure: true },
  );
});
