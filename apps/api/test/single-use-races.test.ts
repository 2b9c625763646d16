import { randomUUID } from "node:crypto";
import type { Tx } from "@muniment/db/database.ts";
import { challengePurposes } from "@muniment/db/schema/challenges.ts";
import { linkPurposes } from "@muniment/db/schema/link-tokens.ts";
import { totpFactors } from "@muniment/db/schema/second-factors.ts";
import { eq } from "drizzle-orm";
import { Secret, TOTP } from "otpauth";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AppError } from "../src/errors.ts";
import { createChallenge, endChallenge, spendChallenge } from "../src/identity/challenges.ts";
import { createLinkToken, takeLinkToken } from "../src/identity/link-token.ts";
import { replaceRecoveryCodes, takeRecoveryCode } from "../src/identity/recovery-codes.ts";
import { takeCode, totpPlace } from "../src/identity/second-factor.ts";
import { refresh, startFamily } from "../src/identity/token-families.ts";
import { newTotpSecret } from "../src/identity/totp.ts";
import { startTestServer, type TestServer } from "./harness.ts";

/** `bench/soak/races.ts` runs 1,000, and says which kinds have had theirs. */
const races = Number(process.env.RACES ?? 2);
const parallel = 50;
const seconds = 600;

let server: TestServer;
let user: { id: string; email: string };
beforeAll(async () => {
  server = await startTestServer();
  const { id, email } = await server.member();
  user = { id, email };
});
afterAll(() => server.stop());

const inScope = <T>(run: (tx: Tx) => Promise<T>) =>
  server.deps.database.transaction({ userId: user.id }, run);

/** Makes one token, and answers how to use it; a use answers what it was worth, or null. */
type Kind = () => Promise<() => Promise<string | null>>;
const used = (worth: unknown) => (worth ? randomUUID() : null);

const ofUser = ["password_reset", "email_change", "email_undo"];

const linkOf =
  (purpose: (typeof linkPurposes)[number]): Kind =>
  async () => {
    const facts = { purpose, ...(ofUser.includes(purpose) ? { userId: user.id } : {}) };
    const now = new Date();
    const { token } = await inScope((tx) => createLinkToken(tx, facts, now, seconds));
    return () => inScope(async (tx) => used(await takeLinkToken(tx, purpose, token, now)));
  };

/** A half-done sign-in is ended by what finishes it, in its transaction; others are spent before. */
const challengeOf =
  (purpose: (typeof challengePurposes)[number]): Kind =>
  async () => {
    const { database } = server.deps;
    const now = new Date();
    const place = { purpose, ...(purpose === "passkey_sign_in" ? {} : { userId: user.id }) };
    const token = await inScope((tx) => createChallenge(tx, place, now));
    if (purpose === "second_factor")
      return () => inScope(async (tx) => used(await endChallenge(tx, purpose, token)));
    return () =>
      spendChallenge(database, place, token, now).then(
        () => randomUUID(),
        (error: unknown) => {
          if (error instanceof AppError && error.reason === "invalid_token") return null;
          throw error;
        },
      );
  };

const kinds: Record<string, Kind> = {
  ...Object.fromEntries(linkPurposes.map((purpose) => [`link: ${purpose}`, linkOf(purpose)])),
  ...Object.fromEntries(
    challengePurposes.map((purpose) => [`challenge: ${purpose}`, challengeOf(purpose)]),
  ),
  "recovery code": async () => {
    const [code = ""] = await inScope((tx) => replaceRecoveryCodes(tx, user.id));
    return () => inScope(async (tx) => used(await takeRecoveryCode(tx, user.id, code)));
  },
  "code of an authenticator app": async () => {
    const secret = newTotpSecret();
    const { encryption } = server.deps;
    const now = new Date();
    await inScope(async (tx) => {
      await tx.delete(totpFactors).where(eq(totpFactors.userId, user.id));
      await tx.insert(totpFactors).values({
        userId: user.id,
        secret: encryption.encrypt(secret, totpPlace(user.id)),
        lastStep: 0,
      });
    });
    const code = new TOTP({ secret: Secret.fromBase32(secret) }).generate({
      timestamp: now.getTime(),
    });
    const deps = { ...server.deps, encryption, now: () => now };
    const origin = { address: "", userAgent: "" };
    return () => inScope(async (tx) => used(await takeCode(deps, tx, user, code, origin)));
  },
  // All parallel uses may be answered, but with one successor.
  "refresh token": async () => {
    const facts = {
      now: new Date(),
      address: "",
      userAgent: "",
      methods: [],
      lifetimeSeconds: seconds,
    };
    const { refreshToken } = await inScope((tx) => startFamily(tx, user, facts));
    return () =>
      inScope(async (tx) => {
        const refreshed = await refresh(tx, refreshToken, new Date());
        return refreshed.outcome === "refreshed" ? refreshed.refreshToken : null;
      });
  },
};

const done = (process.env.RACES_DONE ?? "").split(",");

test.each(Object.keys(kinds).filter((kind) => !done.includes(kind)))(
  "of 50 parallel uses exactly one counts: %s (V6.5.1)",
  async (name) => {
    const make = kinds[name] as Kind;
    const won: number[] = [];
    for (let race = 0; race < races; race += 1) {
      const use = await make();
      const worth = await Promise.all(Array.from({ length: parallel }, use));
      won.push(new Set(worth.filter((one) => one !== null)).size);
    }
    expect(won).toEqual(won.map(() => 1));
  },
  60_000 + races * 10_000,
);
