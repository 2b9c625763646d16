import { passkeys } from "@muniment/db/schema/second-factors.ts";
import { isUniqueViolation } from "@muniment/db/unavailable.ts";
import {
  confirmedPasskey,
  confirmPasskeyInput,
  maxPasskeys,
} from "@muniment/shared/second-factors.ts";
import { count, eq } from "drizzle-orm";
import { v7 as uuidv7 } from "uuid";
import { AppError } from "../../errors.ts";
import { spendChallenge } from "../../identity/challenges.ts";
import { lockSelf, settleFactors } from "../../identity/factor-changes.ts";
import { claimedChallenge, verifyNewPasskey } from "../../identity/passkeys.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { recentlyAuthenticated } from "../../trpc/recently-authenticated.ts";
import { endOtherSessions } from "../../trpc/renew-session.ts";
import { toPasskey } from "./to-passkey.ts";

/** Keeps the passkey that the browser has made. */
export const confirmPasskey = limited("general")
  .meta({ bodyBytes: 32_768 })
  .concat(signedIn)
  .concat(permission("account:write", { whileEnrolling: true }))
  .concat(recentlyAuthenticated)
  .input(confirmPasskeyInput)
  .use(async function checkPasskey({ ctx: { deps, principal }, input: { response }, next }) {
    const { userId, sessionId } = principal;
    const challenge = claimedChallenge(response.response.clientDataJSON);
    const place = { purpose: "passkey_registration" as const, userId, sessionId };
    await spendChallenge(deps.database, place, challenge, deps.now());
    return next({ ctx: { made: await verifyNewPasskey(deps.config, response, challenge) } });
  })
  .concat(audited("passkey.created"))
  .output(confirmedPasskey)
  .mutation(async ({ ctx, input: { name } }) => {
    const { deps, tx, audit, principal, request, made } = ctx;
    const { userId, email } = principal;
    const createdAt = deps.now();
    const user = await lockSelf(tx, userId);
    const [known] = await tx
      .select({ count: count() })
      .from(passkeys)
      .where(eq(passkeys.userId, userId));
    if (known && known.count >= maxPasskeys) {
      throw new AppError("already_exists", `There are ${maxPasskeys} passkeys already.`);
    }
    const passkey = { ...made, id: uuidv7(), userId, name, createdAt, lastUsedAt: null };
    await tx
      .insert(passkeys)
      .values(passkey)
      .catch((cause: unknown) => {
        if (!isUniqueViolation(cause)) throw cause;
        throw new AppError("already_exists", "This passkey is known already.", { cause });
      });
    const recoveryCodes = await settleFactors(tx, deps.config, user, createdAt);
    const sessionsRevoked = await endOtherSessions(ctx);
    await audit({
      target: { kind: "passkey", id: passkey.id, label: name },
      details: { sessionsRevoked },
    });
    await deps.notify(tx, email, { kind: "passkey_added" }, request);
    return { passkey: toPasskey(passkey), recoveryCodes };
  });
