import type { Database, Tx } from "@muniment/db/database.ts";
import { build, textPlaceholder } from "@muniment/db/prepared.ts";
import { passkeys } from "@muniment/db/schema/second-factors.ts";
import type {
  PasskeyAssertion,
  PasskeyRegistration,
  PasskeyRequest,
} from "@muniment/shared/second-factors.ts";
import { uuid } from "@muniment/shared/values.ts";
import {
  type AuthenticationResponseJSON,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from "@simplewebauthn/server";
import { decodeAttestationObject } from "@simplewebauthn/server/helpers";
import { and, eq, sql } from "drizzle-orm";
import type { Config } from "../config.ts";
import { AppError } from "../errors.ts";
import { challengeSeconds } from "./challenges.ts";
import { passkeySite } from "./passkey-site.ts";

type Row = typeof passkeys.$inferSelect;

/** Ed25519, ES256 and RS256 (IANA COSE algorithms): what authenticators have. */
export const passkeyAlgorithms = [-8, -7, -257] as const;

/** A passkey whose signature was right when it was looked at; `acceptPasskey` says whether it still is. */
export type PasskeyProof = {
  passkey: Row;
  counter: number;
  backedUp: boolean;
};

export const wrongPasskey = (cause?: unknown) =>
  new AppError("invalid_credentials", "This passkey was not accepted.", { cause });

/** How the browser is told which passkeys there are. */
export const describePasskey = ({ credentialId, transports }: Row) => ({
  id: credentialId,
  type: "public-key" as const,
  transports,
});

/** What the browser is asked to sign. Without `allowed` the person chooses among their own passkeys. */
export function passkeyRequestOf(
  config: Pick<Config, "publicUrl">,
  challenge: string,
  { allowed = [], alone }: { allowed?: Row[]; alone: boolean },
): PasskeyRequest {
  return {
    rpId: passkeySite(config).rpId,
    challenge,
    timeout: challengeSeconds * 1000,
    allowCredentials: allowed.map(describePasskey),
    userVerification: alone ? "required" : "preferred",
  };
}

type ClientData = { challenge?: unknown; crossOrigin?: unknown; topOrigin?: unknown };

/** What an answer says of itself, before anything of it has been verified. */
const claimed = (clientDataJSON: string): ClientData =>
  JSON.parse(Buffer.from(clientDataJSON, "base64url").toString());

/** The challenge that an answer claims to be for. @throws AppError `invalid_credentials` */
export function claimedChallenge(clientDataJSON: string): string {
  try {
    const { challenge } = claimed(clientDataJSON);
    if (typeof challenge === "string") return challenge;
  } catch (cause) {
    throw wrongPasskey(cause);
  }
  throw wrongPasskey();
}

/** Our pages stand in no frame (`frame-ancestors`), so an answer given in one was asked for by others. */
function refuseFramed(clientDataJSON: string): void {
  const { crossOrigin = false, topOrigin } = claimed(clientDataJSON);
  if (crossOrigin !== false || topOrigin !== undefined) throw new Error("answered in a frame");
}

/**
 * None was asked for, so a browser leaves nothing of one but an authenticator's word for itself
 * (WebAuthn Level 3, 5.1.3): certificates come from elsewhere, and to check them takes calls to theirs.
 */
function refuseCertificates(attestationObject: string): void {
  const attestation = decodeAttestationObject(
    new Uint8Array(Buffer.from(attestationObject, "base64url")),
  );
  const format = attestation.get("fmt");
  const isOwnWord = format === "packed" && attestation.get("attStmt").get("x5c") === undefined;
  if (format !== "none" && !isOwnWord) throw new Error("attested by a certificate");
}

/** The user whom the authenticator names with a passkey that was chosen without naming an account. */
export function claimedUser({ response }: PasskeyAssertion): string {
  const userId = Buffer.from(response.userHandle ?? "", "base64url").toString();
  if (!uuid.safeParse(userId).success) throw wrongPasskey();
  return userId;
}

const passkeyById = build
  .select()
  .from(passkeys)
  .where(
    and(
      eq(passkeys.userId, sql.placeholder("userId")),
      eq(passkeys.credentialId, textPlaceholder("credentialId")),
    ),
  )
  .prepare("passkey_by_id");

/**
 * Checks the signature of one of a user's passkeys over a challenge that the caller has found good.
 * `alone`: it stands for the password too, so the authenticator must have verified its user.
 * @throws AppError `invalid_credentials`
 */
export async function provePasskey(
  { database, config }: { database: Database; config: Pick<Config, "publicUrl"> },
  userId: string,
  response: PasskeyAssertion,
  { challenge, alone }: { challenge: string; alone: boolean },
): Promise<PasskeyProof> {
  const { rpId, origin } = passkeySite(config);
  const named = { userId, credentialId: Buffer.from(response.id) };
  const [passkey] = await database.run(passkeyById, { userId }, named);
  if (!passkey) throw wrongPasskey();
  const { authenticatorAttachment: _, ...rest } = response;
  const verify = async () => {
    refuseFramed(response.response.clientDataJSON);
    return verifyAuthenticationResponse({
      response: { ...rest, clientExtensionResults: {} } as AuthenticationResponseJSON,
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: rpId,
      requireUserVerification: alone,
      credential: {
        id: passkey.credentialId,
        publicKey: new Uint8Array(passkey.publicKey),
        counter: passkey.counter,
      },
    });
  };
  const { verified, authenticationInfo } = await verify().catch((cause: unknown) => {
    // The library throws on everything but a wrong signature, a counter that went back among it.
    throw wrongPasskey(cause);
  });
  if (!verified) throw wrongPasskey();
  return {
    passkey,
    counter: authenticationInfo.newCounter,
    backedUp: authenticationInfo.credentialBackedUp,
  };
}

/**
 * Keeps the new count of a proved passkey, which must not have been used or removed meanwhile. The
 * scope of `tx` must be the user's.
 * @throws AppError `invalid_credentials`
 */
export async function acceptPasskey(
  tx: Tx,
  { passkey, counter, backedUp }: PasskeyProof,
  now: Date,
): Promise<void> {
  const kept = await tx
    .update(passkeys)
    .set({ counter, backedUp, lastUsedAt: now })
    .where(and(eq(passkeys.id, passkey.id), eq(passkeys.counter, passkey.counter)))
    .returning({ id: passkeys.id });
  if (kept.length === 0) throw wrongPasskey();
}

/**
 * What to keep of a passkey that the browser has made for a challenge that the caller has found good.
 * @throws AppError `invalid_credentials`
 */
export async function verifyNewPasskey(
  config: Pick<Config, "publicUrl">,
  response: PasskeyRegistration,
  challenge: string,
): Promise<Pick<Row, "credentialId" | "publicKey" | "counter" | "transports" | "backedUp">> {
  const { rpId, origin } = passkeySite(config);
  const { authenticatorAttachment: _, ...rest } = response;
  const verify = async () => {
    refuseFramed(response.response.clientDataJSON);
    refuseCertificates(response.response.attestationObject);
    return verifyRegistrationResponse({
      response: { ...rest, clientExtensionResults: {} } as RegistrationResponseJSON,
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: rpId,
      requireUserVerification: false,
      supportedAlgorithmIDs: [...passkeyAlgorithms],
    });
  };
  const { verified, registrationInfo } = await verify().catch((cause: unknown) => {
    throw wrongPasskey(cause);
  });
  if (!verified) throw wrongPasskey();
  const { credential, credentialBackedUp } = registrationInfo;
  // The library looks only at what the authenticator calls it, which may be of any length.
  if (credential.id !== response.id) throw wrongPasskey();
  return {
    credentialId: credential.id,
    publicKey: credential.publicKey,
    counter: credential.counter,
    transports: response.response.transports ?? [],
    backedUp: credentialBackedUp,
  };
}
