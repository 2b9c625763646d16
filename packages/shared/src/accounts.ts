import { z } from "zod";
import { email } from "./email-address.ts";
import { roles } from "./permissions.ts";
import { boundedText, timestamp, uuid } from "./values.ts";

export const passwordMinLength = 15;
export const passwordMaxLength = 128;

/** A new password: 15 to 128 code points (NIST SP 800-63B-4, 3.1.1.2), no composition rules. */
export const newPassword = z
  .string()
  .max(passwordMaxLength * 2)
  .refine((text) => text.isWellFormed(), "contains a lone surrogate")
  .refine((text) => [...text].length >= passwordMinLength, {
    message: `use at least ${passwordMinLength} characters`,
  })
  .refine((text) => [...text].length <= passwordMaxLength, {
    message: `use at most ${passwordMaxLength} characters`,
  });

/** A password as typed at sign-in: any string that could once have been accepted. */
export const currentPassword = z
  .string()
  .min(1)
  .max(passwordMaxLength * 4);

export const displayName = boundedText(100)
  .transform((text) => text.trim())
  .pipe(z.string().min(1, "enter a name"));

export const role = z.enum(roles);

/** A user as that user sees it. */
export const me = z.strictObject({
  id: uuid,
  email: z.string(),
  displayName: z.string(),
  role,
  createdAt: timestamp,
});
export type Me = z.infer<typeof me>;

/** A single-use token of a link: base64url, 32 random bytes. */
export const linkToken = z.string().min(20).max(200);

export const createAdminInput = z.strictObject({
  token: linkToken,
  email,
  password: newPassword,
  displayName,
});
export const setupStatus = z.strictObject({ needed: z.boolean() });

export const signUpInput = z.strictObject({
  email,
  password: newPassword,
  displayName,
  invitation: linkToken.optional(),
});
export const signInInput = z.strictObject({ email, password: currentPassword });
export const reauthenticateInput = z.strictObject({ password: currentPassword });

/** `signedIn` sets the session cookie. */
export const signedInResult = z.strictObject({ status: z.literal("signedIn"), user: me });

export const signUpPolicy = z.enum(["invite", "open", "closed"]);
/** What an anonymous visitor must know to show the right page. */
export const signUpInfo = z.strictObject({ signUp: signUpPolicy, setupNeeded: z.boolean() });

export const updateAccountInput = z.strictObject({ displayName });
export const changePasswordInput = z.strictObject({
  currentPassword,
  password: newPassword,
});
export const reauthenticated = z.strictObject({ authenticatedAt: timestamp });
