import type { Config } from "../../config.ts";
import { AppError } from "../../errors.ts";

/** Why nobody, or nobody uninvited, makes an account here. */
export const signUpClosed = (policy: Config["signUp"]) =>
  new AppError(
    "sign_up_closed",
    policy === "closed"
      ? "No accounts are made here now."
      : "Accounts are made by invitation here.",
  );
