import { randomUUID } from "node:crypto";
import type { Tx } from "@muniment/db/database.ts";
import { linkPurposes } from "@muniment/db/schema/link-tokens.ts";
import { totpFactors } from "@muniment/db/schema/second-factors.ts";
import { eq } from "drizzle-orm";
import { Secret, TOTP } from "otpauth";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createLinkToken, takeLinkToken } from "../src/identity/link-token.ts";
import { replaceRecoveryCodes, takeRecoveryCode } from "../src/identity/recovery-codes.ts";
import { takeCode, totpPlace } from "../src/identity/second-factor.ts";
import { refresh, startFamily } from "../src/identity/token-families.ts";
import { newTotpSecret } from "../src/identity/totp.ts";
import { startTestServer, type TestServer } from "./harness.ts";

/** `bench/soak/races.ts` runs 1,000. */
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
type Kind = () => Promise<(tx: Tx) => Promise<string | null>>;

const ofUser = ["password_reset", "email_change", "email_undo"];

const linkOf =
  (purpose: (typeof linkPurposes)[number]): Kind =>
  async () => {
    const facts = { purpose, ...(ofUser.includes(purpose) ? { userId: user.id } : {}) };
    const now = new Date();
    const { token } = await inScope((tx) => createLinkToken(tx, facts, now, seconds));
    return async (tx) => ((await takeLinkToken(tx, purpose, token, now)) ? randomUUID() : null);
  };

const kinds: Record<string, Kind> = {
  ...Object.fromEntries(linkPurposes.map((purpose) => [`link: ${purpose}`, linkOf(purpose)])),
  "recovery code": async () => {
    const [code = ""] = await inScope((tx) => replaceRecoveryCodes(tx, user.id));
    return async (tx) => ((await takeRecoveryCode(tx, user.id, code)) ? randomUUID() : null);
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
    const deps = { encryption, now: () => now };
    return async (tx) => ((await takeCode(deps, tx, user.id, code)) ? randomUUID() : null);
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
    return async (tx) => {
      const refreshed = await refresh(tx, refreshToken, new Date());
      return refreshed.outcome === "refreshed" ? refreshed.refreshToken : null;
    };
  },
};

test.each(Object.keys(kinds))(
  "of 50 parallel uses exactly one counts: %s (V6.5.1)",
  async (name) => {
    const make = kinds[name] as Kind;
    const won: number[] = [];
    for (let race = 0; race < races; race += 1) {
      const use = await make();
      const worth = await Promise.all(Array.from({ length: parallel }, () => inScope(use)));
      won.push(new Set(worth.filter((one) => one !== null)).size);
    }
    expect(won).toEqual(won.map(() => 1));
  },
  60_000 + races * 10_000,
);
