import { z } from "zod";
import { email } from "./email-address.ts";
import { lengthProblem, passwordLength } from "./passwords.ts";
import { roles } from "./permissions.ts";
import { timestamp, uuid, visibleText } from "./values.ts";

/** UTF-16 units in which any spelling of a permitted password fits. */
const passwordUnits = passwordLength.maximum * 4;

const newPasswordFrom = (minimum: number) =>
  z
    .string()
    .max(passwordUnits)
    .superRefine((text, context) => {
      const problem = text.isWellFormed()
        ? lengthProblem(text, minimum)
        : "contains a lone surrogate";
      if (problem) context.addIssue({ code: "custom", message: problem });
    });

/** A password for a new account; how easily it is guessed is judged by `judgePassword`. */
export const newPassword = newPasswordFrom(passwordLength.minimum);

/** A password for an account that may have a second factor: whether it has decides the length. */
export const changedPassword = newPasswordFrom(passwordLength.minimumWithSecondFactor);

/** A password as typed at sign-in: any string that could once have been accepted. */
export const currentPassword = z.string().min(1).max(passwordUnits);

export const displayName = visibleText.pipe(z.string().min(1, "enter a name"));

export const role = z.enum(roles);

/** A user as that user sees it. */
export const me = z.strictObject({
  id: uuid,
  email: z.string(),
  displayName: z.string(),
  role,
  createdAt: timestamp,
  /** Whether the password alone does not sign in. */
  secondFactor: z.boolean(),
  /** The role may not do without a second factor: until there is one, setting it up is all that is permitted. */
  mustEnroll: z.boolean(),
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

/** `signedIn` sets the session cookie. */
export const signedInResult = z.strictObject({ status: z.literal("signedIn"), user: me });

export const verificationSent = z.strictObject({ status: z.literal("verificationSent") });
/** With verification on, every address is answered alike, also one that has an account. */
export const signUpResult = z.discriminatedUnion("status", [signedInResult, verificationSent]);
export const linkInput = z.strictObject({ token: linkToken });
/** With a `password`, there is an account only if it is the one that was chosen with the link. */
export const verifyEmailInput = linkInput.extend({ password: currentPassword.optional() });
export const addressVerified = z.strictObject({
  status: z.literal("verified"),
  email: z.string(),
});

export const changeEmailInput = z.strictObject({ email });

export const requestPasswordResetInput = z.strictObject({ email });
export const resetRequested = z.strictObject({ status: z.literal("resetRequested") });
export const resetPasswordInput = z.strictObject({ token: linkToken, password: changedPassword });
export const passwordWasReset = z.strictObject({ status: z.literal("passwordReset") });

/** Links with which the owner of an account sets its password. */
export const inspectLinkInput = z.strictObject({
  purpose: z.enum(["password_reset", "email_undo"]),
  token: linkToken,
});
/** Whose password a link sets, and how short it may be. */
export const linkedAccount = z.strictObject({
  email: z.string(),
  displayName: z.string(),
  minimumCodePoints: z.number().int(),
});

export const signUpPolicy = z.enum(["invite", "open", "closed"]);
/** What an anonymous visitor must know to show the right page. */
export const signUpInfo = z.strictObject({
  signUp: signUpPolicy,
  setupNeeded: z.boolean(),
  /** Whether passkeys can be used at this address. */
  passkeys: z.boolean(),
  /** Whether mails leave the server; without a mail server they stay in its outbox. */
  mailLeaves: z.boolean(),
});

export const updateAccountInput = z.strictObject({ displayName });
export const changePasswordInput = z.strictObject({
  currentPassword,
  password: changedPassword,
});
export const reauthenticated = z.strictObject({ authenticatedAt: timestamp });
