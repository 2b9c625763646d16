import type { Database } from "@muniment/db/database.ts";
import { expect, test } from "vitest";
import type { Config } from "../config.ts";
import type { Secrets } from "../secrets.ts";
import type { RequestFacts } from "../trpc/context.ts";
import type { AccessTokens } from "./access-tokens.ts";
import { createIdentities } from "./identities.ts";

/** Identities over look-ups that end when the test says so, and with what it says. */
function identitiesOf(now: () => Date) {
  const lookUps: ((answer: unknown) => void)[] = [];
  const look = () => new Promise((resolve) => lookUps.push(resolve));
  const database = { transaction: look, run: look } as unknown as Database;
  const none = { apiKeyHmac: [] } as unknown as Secrets;
  const identities = createIdentities(database, {} as Config, none, {} as AccessTokens, now);
  const request = { cookieToken: "token", bearer: undefined } as RequestFacts;
  return { lookUps, forget: identities.forget, ask: () => identities.identify(request) };
}

const someone = { kind: "user", userId: "someone" };

test("calls at once share one look-up, and later ones what it found", async () => {
  const { ask, lookUps } = identitiesOf(() => new Date(0));
  const asked = [ask(), ask(), ask()];
  expect(lookUps).toHaveLength(1);
  lookUps[0]?.(someone);
  expect(await Promise.all([...asked, ask()])).toEqual(Array(4).fill(someone));
  expect(lookUps).toHaveLength(1);
});

test("who comes after a revocation is not told what was read before it (V7.4.1)", async () => {
  const { ask, lookUps, forget } = identitiesOf(() => new Date(0));
  const before = ask();
  forget();
  const after = ask();
  expect(lookUps).toHaveLength(2);
  lookUps[0]?.(someone);
  expect(await before).toEqual(someone);
  // Neither kept for the next, nor taken for the look-up that is still under way.
  const next = ask();
  expect(lookUps).toHaveLength(2);
  lookUps[1]?.(null);
  expect(await Promise.all([after, next])).toMatchObject([
    { kind: "anonymous" },
    { kind: "anonymous" },
  ]);
});

test("a look-up that takes longer than a second is not waited for by who comes then", () => {
  let at = 0;
  const { ask, lookUps } = identitiesOf(() => new Date(at));
  void ask();
  at = 1000;
  void ask();
  expect(lookUps).toHaveLength(2);
});
