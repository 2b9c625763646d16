import { z } from "zod";
import { currentPassword } from "./accounts.ts";
import { email } from "./email-address.ts";
import { secondFactorCode } from "./second-factors.ts";

/** `code` is needed when the account has a second factor: of an authenticator app, or a recovery code. */
export const issueTokensInput = z.strictObject({
  email,
  password: currentPassword,
  code: secondFactorCode.optional(),
});

const refreshToken = z.string().min(1).max(200);
export const refreshTokenInput = z.strictObject({ refreshToken });

/** `expiresIn` is the life of the access token in seconds. */
export const issuedTokens = z.strictObject({
  accessToken: z.string(),
  refreshToken,
  expiresIn: z.number().int(),
});
