import { z } from "zod";

/** What a person can prove at sign-in. */
export const authenticationMethods = ["password", "totp", "recovery_code", "passkey"] as const;
export type AuthenticationMethod = (typeof authenticationMethods)[number];

/** What can follow a right password. */
export const secondFactorMethods = ["totp", "recovery_code", "passkey"] as const;

/** Recovery codes that a user gets at once. */
export const recoveryCodeCount = 10;

/** Passkeys that a user may have. */
export const maxPasskeys = 20;

/** Six digits of an authenticator app or a recovery code, as typed: with spaces and hyphens. */
export const secondFactorCode = z.string().min(6).max(64);
