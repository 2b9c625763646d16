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
  const database = { run: look } as unknown as Database;
  const config = { sessionIdleSeconds: 3600, sessionMaxSeconds: 3600 } as Config;
  const none = { apiKeyHmac: [] } as unknown as Secrets;
  const identities = createIdentities(database, config, none, {} as AccessTokens, now);
  const request = { cookieToken: "token", bearer: undefined } as RequestFacts;
  return { lookUps, forget: identities.forget, ask: () => identities.identify(request) };
}

const begun = new Date(0);
const found = [
  {
    session: {
      id: "id",
      userId: "someone",
      publicId: "session",
      createdAt: begun,
      lastUsedAt: begun,
      authenticatedAt: begun,
      // By the clock of this machine.
      expiresAt: new Date(Date.now() + 3_600_000),
    },
    user: { role: "member", roleUntil: null, disabledAt: null, createdAt: begun },
  },
];
const someone = { kind: "user", userId: "someone" };

test("calls at once share one look-up, and later ones what it found", async () => {
  const { ask, lookUps } = identitiesOf(() => new Date(0));
  const asked = [ask(), ask(), ask()];
  expect(lookUps).toHaveLength(1);
  lookUps[0]?.(found);
  expect(await Promise.all([...asked, ask()])).toMatchObject(Array(4).fill(someone));
  expect(lookUps).toHaveLength(1);
});

test("who comes after a revocation is not told what was read before it (V7.4.1)", async () => {
  const { ask, lookUps, forget } = identitiesOf(() => new Date(0));
  const before = ask();
  forget();
  const after = ask();
  expect(lookUps).toHaveLength(2);
  lookUps[0]?.(found);
  expect(await before).toMatchObject(someone);
  // Neither kept for the next, nor taken for the look-up that is still under way.
  const next = ask();
  expect(lookUps).toHaveLength(2);
  lookUps[1]?.([]);
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
