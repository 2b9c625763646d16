import { z } from "zod";
import { page, pageInput, timestamp, uuid } from "./values.ts";

/** How an attempt at signing in ended. What was blocked by a limit is not kept. */
export const signInOutcomes = ["signed_in", "wrong_password", "wrong_code"] as const;
export const signInOutcome = z.enum(signInOutcomes);
export type SignInOutcome = z.infer<typeof signInOutcome>;

/** A sign-in to the user's own account, or an attempt at it. */
export const signIn = z.strictObject({
  id: uuid,
  at: timestamp,
  outcome: signInOutcome,
  address: z.string(),
  userAgent: z.string(),
});
export type SignIn = z.infer<typeof signIn>;

export const listSignInsInput = z.strictObject(pageInput).optional();
export const signInPage = page(signIn);
