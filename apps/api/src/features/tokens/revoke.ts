import { refreshTokenInput } from "@muniment/shared/tokens.ts";
import { z } from "zod";
import { AppError } from "../../errors.ts";
import { endFamily } from "../../identity/token-families.ts";
import { audited } from "../../trpc/audited.ts";
import { anyone } from "../../trpc/authenticated.ts";
import { countsFailures } from "../../trpc/counts-failures.ts";
import { limited } from "../../trpc/limited.ts";

/** Signs a program out: its refresh token and every access token of the family end at once. */
export const revoke = limited("general")
  .meta({ bodyBytes: 4096 })
  .concat(anyone)
  .concat(countsFailures)
  .input(refreshTokenInput)
  .concat(audited("token.revoked"))
  .output(z.strictObject({}))
  .mutation(async ({ ctx: { deps, tx, audit, afterCommit }, input }) => {
    const family = await endFamily(tx, input.refreshToken);
    if (!family) throw new AppError("invalid_token", "There is no such refresh token any more.");
    await audit({
      target: { kind: "session", id: family.sessionPublicId },
      actor: { userId: family.userId, label: family.email },
      details: { cause: "signed_out" },
    });
    afterCommit(deps.identities.forget);
    return {};
  });
