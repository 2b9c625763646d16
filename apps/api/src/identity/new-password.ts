import { judgePassword } from "@muniment/shared/password-strength.ts";
import { lengthProblem, minimumCodePoints, wordsToAvoid } from "@muniment/shared/passwords.ts";
import type { Config } from "../config.ts";
import { AppError } from "../errors.ts";
import { hashPassword } from "./password.ts";

/** Whose password it will be; a new account has no second factor yet. */
export type PasswordOwner = { email: string; displayName: string; secondFactorAt?: Date | null };

/**
 * Judges a new password and hashes it; answers the columns to store. Slow: call it in a step before
 * `audited`, so that no transaction waits for it.
 * @throws AppError `weak_password`, with a message that says why
 */
export async function hashNewPassword(
  { config }: { config: Pick<Config, "argon2" | "publicUrl"> },
  password: string,
  { email, displayName, secondFactorAt }: PasswordOwner,
): Promise<{ passwordHash: string; passwordIsShort: boolean }> {
  const { problem } = await judgePassword(password, {
    minimumCodePoints: minimumCodePoints(Boolean(secondFactorAt)),
    avoid: wordsToAvoid({ email, displayName, host: config.publicUrl.hostname }),
  });
  if (problem) throw new AppError("weak_password", problem);
  return {
    passwordHash: await hashPassword(password, config.argon2),
    passwordIsShort: lengthProblem(password, minimumCodePoints(false)) !== null,
  };
}
