import type { Tx } from "@muniment/db/database.ts";
import { signIns } from "@muniment/db/schema/sign-ins.ts";
import { users } from "@muniment/db/schema/users.ts";
import { issuedTokens, issueTokensInput } from "@muniment/shared/tokens.ts";
import { and, eq } from "drizzle-orm";
import { v7 as uuidv7 } from "uuid";
import { AppError } from "../../errors.ts";
import { acceptProof, provePassword } from "../../identity/credentials.ts";
import { enterScope } from "../../identity/scope.ts";
import { takeCode } from "../../identity/second-factor.ts";
import { startFamily } from "../../identity/token-families.ts";
import { audited } from "../../trpc/audited.ts";
import { authLimited } from "../../trpc/auth-limited.ts";
import { anyone } from "../../trpc/authenticated.ts";
import { codesLimited } from "../../trpc/codes-limited.ts";
import type { Context } from "../../trpc/context.ts";
import { limited } from "../../trpc/limited.ts";

/**
 * Leaves the sign-in in the owner's list, and tells them where it came from an address that is new there:
 * else a thief of the password would go unseen by asking for tokens. Answers whether it is.
 */
async function noteProgram(
  { deps, request }: Pick<Context, "deps" | "request">,
  tx: Tx,
  { id: userId, email }: { id: string; email: string },
): Promise<boolean> {
  const { address, userAgent } = request;
  const at = deps.now();
  const [known] = await tx
    .select({ id: signIns.id })
    .from(signIns)
    .where(
      and(
        eq(signIns.userId, userId),
        eq(signIns.outcome, "signed_in"),
        eq(signIns.address, address),
      ),
    )
    .limit(1);
  await tx
    .insert(signIns)
    .values({ id: uuidv7(), userId, at, outcome: "signed_in", address, userAgent });
  await tx.update(users).set({ lastSignInAt: at }).where(eq(users.id, userId));
  if (!known) await deps.notify(tx, email, { kind: "new_program" }, request);
  return !known;
}

/** Signs a program in as a user: the same proof as in a browser, all of it in one call. */
export const issue = limited("general")
  .meta({ bodyBytes: 4096 })
  .concat(anyone)
  .concat(authLimited)
  .input(issueTokensInput)
  .use(async function checkPassword({ ctx, input, next }) {
    const found = await ctx.findAttempted();
    const proof = await provePassword(ctx.deps, found?.user, input.password);
    if (proof.user.secondFactorAt && input.code === undefined) {
      throw new AppError("mfa_required", "Send a code of the second factor too.");
    }
    return next({ ctx: { proof } });
  })
  .concat(codesLimited)
  .concat(audited("token.issued"))
  .output(issuedTokens)
  .mutation(async ({ ctx: { deps, tx, audit, afterCommit, request, proof }, input: { code } }) => {
    const user = await acceptProof(tx, proof);
    enterScope(tx, user.id);
    const factor = user.secondFactorAt
      ? await takeCode(deps, tx, user, code ?? "", request)
      : undefined;
    if (factor === null) throw new AppError("invalid_credentials", "The code is wrong.");
    const isNew = await noteProgram({ deps, request }, tx, user);
    afterCommit(() => {
      const seen = { address: request.address, email: user.email, userId: user.id };
      deps.sightings.note({ signal: "signed_in", ...seen });
      if (isNew && user.lastSignInAt) deps.sightings.note({ signal: "new_device", ...seen });
    });
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
