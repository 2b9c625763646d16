import { issuedTokens, issueTokensInput } from "@muniment/shared/tokens.ts";
import { AppError } from "../../errors.ts";
import { acceptProof, provePassword } from "../../identity/credentials.ts";
import { enterScope } from "../../identity/scope.ts";
import { takeCode } from "../../identity/second-factor.ts";
import { startFamily } from "../../identity/token-families.ts";
import { audited } from "../../trpc/audited.ts";
import { authLimited } from "../../trpc/auth-limited.ts";
import { anyone } from "../../trpc/authenticated.ts";
import { codesLimited } from "../../trpc/codes-limited.ts";
import { limited } from "../../trpc/limited.ts";

/** Signs a program in as a user: the same proof as in a browser, all of it in one call. */
export const issue = limited("general")
  .meta({ bodyBytes: 4096 })
  .concat(anyone)
  .concat(authLimited)
  .input(issueTokensInput)
  .use(async function checkPassword({ ctx, input, next }) {
    const proof = await provePassword(ctx.deps, { email: input.email }, input.password);
    if (proof.user.secondFactorAt && input.code === undefined) {
      throw new AppError("mfa_required", "Send a code of the second factor too.");
    }
    return next({ ctx: { proof } });
  })
  .concat(codesLimited)
  .concat(audited("token.issued"))
  .output(issuedTokens)
  .mutation(async ({ ctx: { deps, tx, audit, request, proof }, input: { code } }) => {
    const user = await acceptProof(tx, proof);
    await enterScope(tx, user.id);
    const factor = user.secondFactorAt
      ? await takeCode(deps, tx, user, code ?? "", request)
      : undefined;
    if (factor === null) throw new AppError("invalid_credentials", "The code is wrong.");
    const { config, now } = deps;
    const { family, refreshToken } = await startFamily(tx, user, {
      now: now(),
      address: request.address,
      userAgent: request.userAgent,
      methods: ["password", ...(factor ? [factor] : [])],
      lifetimeSeconds: config.refreshTokenSeconds,
    });
    await audit({
      target: { kind: "session", id: family.sessionPublicId },
      actor: { userId: user.id, label: user.email },
    });
    const accessToken = await deps.accessTokens.issue(family);
    return { accessToken, refreshToken, expiresIn: config.accessTokenSeconds };
  });
