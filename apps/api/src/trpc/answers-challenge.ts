import { challengeToken } from "@muniment/shared/second-factors.ts";
import { z } from "zod";
import { challengeOver, takeAttempt } from "../identity/challenges.ts";
import { findUser } from "../identity/find-user.ts";
import { attemptAt, countAttempt } from "./auth-limited.ts";
import type { Context } from "./context.ts";
import { procedure } from "./init.ts";
import type { Attempted } from "./recorded.ts";

/** Wrong answers after which a half-done sign-in must begin anew. */
export const maxAttempts = 5;

/**
 * For calls that go on with a half-done sign-in: takes one of the attempts of its challenge, and
 * counts it with the failed sign-ins of the account, before the answer is looked at.
 */
export const answersChallenge = procedure
  .meta({ authLimit: true })
  .input(z.object({ challenge: challengeToken }))
  .use(async function limitAnswers({ ctx, next, path, input }) {
    const { deps, attempted } = ctx as Context & { attempted: Attempted };
    const facts = { now: deps.now(), maxAttempts };
    const half = await takeAttempt(deps.database, "second_factor", input.challenge, facts);
    if (!half?.userId) throw challengeOver();
    const { userId, passwordDigest } = half;
    const [user] = await findUser(deps.database, userId);
    if (!user) throw challengeOver();
    attempted.email = user.email;
    return countAttempt(ctx, path, attemptAt(ctx, user.email), () =>
      next({ ctx: { half: { userId, passwordDigest } } }),
    );
  });
