import { issuedTokens, refreshTokenInput } from "@muniment/shared/tokens.ts";
import { raiseAlert } from "../../alerts/raise.ts";
import { AppError } from "../../errors.ts";
import { refresh as refreshFamily } from "../../identity/token-families.ts";
import { audited } from "../../trpc/audited.ts";
import { anyone } from "../../trpc/authenticated.ts";
import { countsFailures } from "../../trpc/counts-failures.ts";
import { limited } from "../../trpc/limited.ts";

const invalid = () => new AppError("invalid_token", "This refresh token is not valid any more.");

/** Gives new tokens for a refresh token. One that had been replaced before ends its family instead. */
export const refresh = limited("general")
  .meta({ bodyBytes: 4096 })
  .concat(anyone)
  .concat(countsFailures)
  .input(refreshTokenInput)
  .concat(audited("token.refreshed", "token.revoked"))
  .output(issuedTokens)
  .mutation(async ({ ctx, input }) => {
    const { deps, tx, audit, afterCommit, commitAndRefuse } = ctx;
    const now = deps.now();
    const refreshed = await refreshFamily(tx, input.refreshToken, now);
    if (refreshed.outcome === "unknown") throw invalid();
    const { userId, email, sessionPublicId } = refreshed.family;
    const facts = {
      target: { kind: "session", id: sessionPublicId },
      actor: { userId, label: email },
    };
    if (refreshed.outcome === "ended") {
      const { cause } = refreshed;
      await audit({ ...facts, action: "token.revoked", details: { cause } });
      if (cause === "reused") {
        const details = { sessionId: sessionPublicId };
        await raiseAlert(tx, "refresh_token_reused", {
          userId,
          key: sessionPublicId,
          details,
          now,
        });
      }
      afterCommit(deps.identities.forget);
      return commitAndRefuse(invalid());
    }
    await audit({ ...facts, action: "token.refreshed", details: {} });
    const accessToken = await deps.accessTokens.issue(refreshed.family);
    const { refreshToken } = refreshed;
    return { accessToken, refreshToken, expiresIn: deps.config.accessTokenSeconds };
  });
