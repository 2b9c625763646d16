import { reauthenticationOptions } from "@muniment/shared/second-factors.ts";
import { noInput } from "@muniment/shared/values.ts";
import { createChallenge } from "../../identity/challenges.ts";
import { passkeyRequestOf } from "../../identity/passkeys.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { readSecondFactors } from "./second-factors.ts";

/** How this user can prove that it is them, and what a passkey would have to sign. */
export const beginReauthentication = limited("general")
  .concat(signedIn)
  .concat(permission("account:write", { whileEnrolling: true }))
  .input(noInput)
  .output(reauthenticationOptions)
  .mutation(({ ctx: { deps, principal } }) => {
    const { userId, sessionId } = principal;
    return deps.database.transaction({ userId }, async (tx) => {
      const { methods, passkeys } = await readSecondFactors(tx, deps.config, userId);
      if (passkeys.length === 0) return { methods, passkey: null };
      const facts = { purpose: "reauthentication" as const, userId, sessionId };
      const challenge = await createChallenge(tx, facts, deps.now());
      const asked = { allowed: passkeys, alone: true };
      return { methods, passkey: passkeyRequestOf(deps.config, challenge, asked) };
    });
  });
