import { createPrivateKey, createPublicKey } from "node:crypto";
import {
  calculateJwkThumbprint,
  errors,
  exportJWK,
  type JSONWebKeySet,
  type JWTPayload,
  jwtVerify,
  SignJWT,
} from "jose";
import { v7 as uuidv7 } from "uuid";
import { z } from "zod";
import type { Config } from "../config.ts";
import type { Secrets } from "../secrets.ts";

const algorithm = "EdDSA";
/** Distinguishes an access token from every other JWT (RFC 9068, 2.1). */
const type = "at+jwt";
/** How far the clocks of two nodes may be apart, in seconds. */
const leewaySeconds = 5;
/** Expired tokens that are remembered, so that a clock put back does not revive them. */
const maxRemembered = 10_000;

const claims = z.object({ sub: z.string(), sid: z.string(), jti: z.string(), exp: z.number() });

/** For whom an access token is: a user, in a family of tokens. */
export type TokenSubject = { userId: string; sessionPublicId: string; authenticatedAt: Date };

export type AccessTokens = {
  issue(subject: TokenSubject): Promise<string>;
  /** What a token says, and until when; null unless it is ours, whole, and meant for us now. */
  read(token: string): Promise<{ userId: string; sessionPublicId: string; expiresAt: Date } | null>;
  /** The public keys of the ring (RFC 7517). */
  keys: JSONWebKeySet;
};

/** The DER around an Ed25519 seed (RFC 8410, 7). */
const pkcs8 = Buffer.from("302e020100300506032b657004220420", "hex");

async function keyOf(seed: Buffer) {
  const privateKey = createPrivateKey({
    key: Buffer.concat([pkcs8, seed]),
    format: "der",
    type: "pkcs8",
  });
  const publicKey = createPublicKey(privateKey);
  const jwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  return { kid, privateKey, publicKey, jwk: { ...jwk, kid, alg: algorithm, use: "sig" } };
}

/**
 * Access tokens: JWTs signed with Ed25519 (RFC 8037, RFC 9068). The newest key of the ring signs,
 * every key of it verifies, so a rotation refuses nobody once all nodes know the new key.
 */
export async function createAccessTokens(
  config: Config,
  { accessTokenSeeds }: Pick<Secrets, "accessTokenSeeds">,
  now: () => Date,
): Promise<AccessTokens> {
  const keys = await Promise.all(accessTokenSeeds.map(keyOf));
  const [newest] = keys;
  if (!newest) throw new Error("the ring of JWT_SECRET is empty");
  const byId = new Map(keys.map(({ kid, publicKey }) => [kid, publicKey]));
  const issuer = config.publicUrl.origin;
  const expired = new Set<string>();

  function remember({ jti }: JWTPayload) {
    if (jti === undefined) return;
    const [oldest] = expired;
    if (expired.size >= maxRemembered && oldest !== undefined) expired.delete(oldest);
    expired.add(jti);
  }

  async function verified(token: string): Promise<JWTPayload | null> {
    try {
      const { payload } = await jwtVerify(
        token,
        // Only by its id in our own ring: whatever else a header names as a key is not looked at.
        ({ kid }) => {
          const key = byId.get(kid ?? "");
          if (!key) throw new errors.JWKSNoMatchingKey();
          return key;
        },
        {
          algorithms: [algorithm],
          typ: type,
          issuer,
          audience: issuer,
          requiredClaims: ["exp", "iat"],
          currentDate: now(),
          clockTolerance: leewaySeconds,
        },
      );
      return payload;
    } catch (error) {
      if (!(error instanceof errors.JOSEError)) throw error;
      if (error instanceof errors.JWTExpired) remember(error.payload);
      return null;
    }
  }

  return {
    keys: { keys: keys.map(({ jwk }) => jwk) },
    issue({ userId, sessionPublicId, authenticatedAt }) {
      const at = Math.floor(now().getTime() / 1000);
      return new SignJWT({
        sid: sessionPublicId,
        auth_time: Math.floor(authenticatedAt.getTime() / 1000),
        client_id: "muniment",
      })
        .setProtectedHeader({ alg: algorithm, typ: type, kid: newest.kid })
        .setIssuer(issuer)
        .setAudience(issuer)
        .setSubject(userId)
        .setJti(uuidv7())
        .setIssuedAt(at)
        .setExpirationTime(at + config.accessTokenSeconds)
        .sign(newest.privateKey);
    },
    async read(token) {
      const { success, data } = claims.safeParse(await verified(token));
      if (!success || expired.has(data.jti)) return null;
      const expiresAt = new Date((data.exp + leewaySeconds) * 1000);
      return { userId: data.sub, sessionPublicId: data.sid, expiresAt };
    },
  };
}
