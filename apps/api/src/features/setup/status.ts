import { signUpInfo } from "@muniment/shared/accounts.ts";
import { noInput } from "@muniment/shared/values.ts";
import { passkeysUnavailable } from "../../identity/passkey-site.ts";
import { anyone } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { isSetupNeeded } from "./setup-token.ts";

export const status = limited("general")
  .concat(anyone)
  .input(noInput)
  .output(signUpInfo)
  .query(async ({ ctx: { deps } }) => ({
    passkeys: passkeysUnavailable(deps.config) === null,
    mailLeaves: Boolean(deps.config.smtpUrl),
    signUp: deps.config.signUp,
    setupNeeded: await isSetupNeeded(deps.database.reads({})),
  }));
