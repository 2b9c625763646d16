import { passkeyRequest } from "@muniment/shared/second-factors.ts";
import { noInput } from "@muniment/shared/values.ts";
import { createChallenge } from "../../identity/challenges.ts";
import { passkeySite } from "../../identity/passkey-site.ts";
import { passkeyRequestOf } from "../../identity/passkeys.ts";
import { anyone } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";

/** What to have signed for `passkeySignIn`. Says nothing of any account: the person chooses the passkey. */
export const beginPasskeySignIn = limited("general")
  .concat(anyone)
  .input(noInput)
  .output(passkeyRequest)
  .mutation(async ({ ctx: { deps } }) => {
    passkeySite(deps.config);
    const facts = { purpose: "passkey_sign_in" as const };
    const challenge = await deps.database.transaction({}, (tx) =>
      createChallenge(tx, facts, deps.now()),
    );
    return passkeyRequestOf(deps.config, challenge, { alone: true });
  });
