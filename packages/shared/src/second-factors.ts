import { z } from "zod";
import { currentPassword, signedInResult } from "./accounts.ts";
import { name, page, pageInput, timestamp, uuid } from "./values.ts";

/** What a person can prove at sign-in. */
export const authenticationMethods = ["password", "totp", "recovery_code", "passkey"] as const;
export type AuthenticationMethod = (typeof authenticationMethods)[number];

/** What can follow a right password. */
export const secondFactorMethods = ["totp", "recovery_code", "passkey"] as const;
export type SecondFactorMethod = (typeof secondFactorMethods)[number];

/** Recovery codes that a user gets at once. */
export const recoveryCodeCount = 10;

/** Passkeys that a user may have. */
export const maxPasskeys = 20;

/** Six digits of an authenticator app, or a recovery code, as typed: with spaces and hyphens. */
export const secondFactorCode = z.string().min(6).max(64);

const base64url = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[A-Za-z0-9_-]+$/, "not base64url");

/** Names of a registry that grows (WebAuthn Level 3, 5.8.4). */
const transports = z.array(z.string().regex(/^[a-z0-9-]{1,32}$/, "not a transport")).max(10);
const credential = {
  id: base64url(1400),
  rawId: base64url(1400),
  type: z.literal("public-key"),
  authenticatorAttachment: z.string().max(32).optional(),
  clientExtensionResults: z.record(z.string().max(64), z.unknown()),
};

/** What `navigator.credentials.create()` gave, in WebAuthn's own JSON form (Level 3, 5.1). */
export const passkeyRegistration = z.strictObject({
  ...credential,
  response: z.strictObject({
    clientDataJSON: base64url(4096),
    attestationObject: base64url(8192),
    authenticatorData: base64url(4096).optional(),
    publicKey: base64url(4096).optional(),
    publicKeyAlgorithm: z.number().int().optional(),
    transports: transports.optional(),
  }),
});
export type PasskeyRegistration = z.infer<typeof passkeyRegistration>;

/** What `navigator.credentials.get()` gave. */
export const passkeyAssertion = z.strictObject({
  ...credential,
  response: z.strictObject({
    clientDataJSON: base64url(4096),
    authenticatorData: base64url(4096),
    signature: base64url(4096),
    userHandle: base64url(128).optional(),
  }),
});
export type PasskeyAssertion = z.infer<typeof passkeyAssertion>;

const descriptor = z.strictObject({
  id: z.string(),
  type: z.literal("public-key"),
  transports: z.array(z.string()),
});

/** For `navigator.credentials.create()`. */
export const passkeyCreation = z.strictObject({
  rp: z.strictObject({ id: z.string(), name: z.string() }),
  user: z.strictObject({ id: z.string(), name: z.string(), displayName: z.string() }),
  challenge: z.string(),
  pubKeyCredParams: z.array(
    z.strictObject({ type: z.literal("public-key"), alg: z.number().int() }),
  ),
  timeout: z.number().int(),
  excludeCredentials: z.array(descriptor),
  authenticatorSelection: z.strictObject({
    residentKey: z.literal("preferred"),
    userVerification: z.literal("preferred"),
  }),
  attestation: z.literal("none"),
});
export type PasskeyCreation = z.infer<typeof passkeyCreation>;

/** For `navigator.credentials.get()`. */
export const passkeyRequest = z.strictObject({
  rpId: z.string(),
  challenge: z.string(),
  timeout: z.number().int(),
  /** Empty: whichever passkey the person chooses. */
  allowCredentials: z.array(descriptor),
  userVerification: z.enum(["required", "preferred"]),
});
export type PasskeyRequest = z.infer<typeof passkeyRequest>;

export const passkey = z.strictObject({
  id: uuid,
  name: z.string(),
  createdAt: timestamp,
  lastUsedAt: timestamp.nullable(),
  /** Whether the passkey's provider keeps a copy, so that losing the device does not lose it. */
  backedUp: z.boolean(),
});
export type Passkey = z.infer<typeof passkey>;

const recoveryCodeList = z.array(z.string());
/** Recovery codes, shown this once. */
export const newRecoveryCodes = z.strictObject({ recoveryCodes: recoveryCodeList });
/** The same where there may be none: they come with the first factor only. */
const codesOfFirst = { recoveryCodes: recoveryCodeList.nullable() };

export const factors = z.strictObject({
  totpSince: timestamp.nullable(),
  recoveryCodesLeft: z.number().int().min(0),
  /** Whether the role of this user may not do without. */
  required: z.boolean(),
  /** Why no passkey can be used at this instance's address; null where they can. */
  passkeysUnavailable: z.string().nullable(),
});
export type Factors = z.infer<typeof factors>;

export const totpSetUp = z.strictObject({ secret: z.string(), uri: z.string() });
export const confirmTotpInput = z.strictObject({ code: secondFactorCode });
export const confirmedTotp = z.strictObject(codesOfFirst);
/** Proof that goes with taking a factor away: a code or the password. */
export const disableTotpInput = z
  .strictObject({
    code: secondFactorCode.optional(),
    password: currentPassword.optional(),
  })
  .refine(({ code, password }) => (code === undefined) !== (password === undefined), {
    message: "send either a code or the password",
  });

export const listPasskeysInput = z.strictObject(pageInput).optional();
export const passkeyPage = page(passkey);
export const confirmPasskeyInput = z.strictObject({ name, response: passkeyRegistration });
export const confirmedPasskey = z.strictObject({ passkey, ...codesOfFirst });
export const renamePasskeyInput = z.strictObject({ id: uuid, name });
export const passkeyIdInput = z.strictObject({ id: uuid });

/** A half-done sign-in: 32 random bytes, base64url. */
export const challengeToken = z.string().length(43);
export const mfaRequired = z.strictObject({
  status: z.literal("mfaRequired"),
  challenge: challengeToken,
  methods: z.array(z.enum(secondFactorMethods)),
  /** For `navigator.credentials.get()`, where a passkey is one of the methods. */
  passkey: passkeyRequest.nullable(),
});
export type MfaRequired = z.infer<typeof mfaRequired>;
export const signInResult = z.discriminatedUnion("status", [signedInResult, mfaRequired]);

export const verifyMfaInput = z
  .strictObject({
    challenge: challengeToken,
    code: secondFactorCode.optional(),
    passkey: passkeyAssertion.optional(),
  })
  .refine(({ code, passkey }) => (code === undefined) !== (passkey === undefined), {
    message: "send either a code or a passkey",
  });
export const cancelMfaInput = z.strictObject({ challenge: challengeToken });
export const passkeySignInInput = z.strictObject({ passkey: passkeyAssertion });

/** How a signed-in user can prove that it is them. */
export const reauthenticationOptions = z.strictObject({
  /** What must go with the password; empty: the password is enough. */
  methods: z.array(z.enum(secondFactorMethods)),
  /** A passkey that stands for both; null where there is none. */
  passkey: passkeyRequest.nullable(),
});
export const reauthenticateInput = z
  .strictObject({
    password: currentPassword.optional(),
    code: secondFactorCode.optional(),
    passkey: passkeyAssertion.optional(),
  })
  .refine(({ password, passkey }) => (password === undefined) !== (passkey === undefined), {
    message: "send either the password or a passkey",
  });
