import { passkeys } from "@muniment/db/schema/second-factors.ts";
import { passkeyCreation } from "@muniment/shared/second-factors.ts";
import { noInput } from "@muniment/shared/values.ts";
import { eq } from "drizzle-orm";
import { challengeSeconds, createChallenge } from "../../identity/challenges.ts";
import { passkeySite } from "../../identity/passkey-site.ts";
import { describePasskey, passkeyAlgorithms } from "../../identity/passkeys.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { recentlyAuthenticated } from "../../trpc/recently-authenticated.ts";

/** What the browser needs to make a passkey for `confirmPasskey`. */
export const beginPasskey = limited("general")
  .concat(signedIn)
  .concat(permission("account:write", { whileEnrolling: true }))
  .concat(recentlyAuthenticated)
  .input(noInput)
  .output(passkeyCreation)
  .mutation(async ({ ctx: { deps, principal } }) => {
    const { userId, sessionId, email, displayName } = principal;
    const { rpId } = passkeySite(deps.config);
    const facts = { purpose: "passkey_registration" as const, userId, sessionId };
    const { challenge, known } = await deps.database.transaction({ userId }, async (tx) => ({
      challenge: await createChallenge(tx, facts, deps.now()),
      known: await tx.select().from(passkeys).where(eq(passkeys.userId, userId)),
    }));
    return {
      rp: { id: rpId, name: "Muniment" },
      // By this a passkey names its user when nobody has typed an address.
      user: { id: Buffer.from(userId).toString("base64url"), name: email, displayName },
      challenge,
      pubKeyCredParams: passkeyAlgorithms.map((alg) => ({ type: "public-key" as const, alg })),
      timeout: challengeSeconds * 1000,
      excludeCredentials: known.map(describePasskey),
      authenticatorSelection: {
        residentKey: "preferred" as const,
        userVerification: "preferred" as const,
      },
      attestation: "none" as const,
    };
  });
