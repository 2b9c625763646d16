import { toAppError } from "../errors.ts";
import { clientKey } from "../limits/client-key.ts";
import { procedure } from "./init.ts";
import { refuseOver } from "./limited.ts";

/**
 * Counts wrong single-use tokens against the caller's address. The count is taken before the token
 * is looked at, so that parallel guesses cannot slip past it, and given back unless the token was wrong.
 */
export const countsFailures = procedure
  .meta({ credentialsLimit: true })
  .use(async function countWrongTokens({ ctx, next, path: procedure }) {
    const key = clientKey(ctx.request.address);
    const { limits } = ctx.deps;
    refuseOver(ctx, await limits.consume("credentials", key, { procedure }));
    const result = await next();
    const wrong = !result.ok && toAppError(result.error).reason === "invalid_token";
    if (!wrong) await limits.refund("credentials", key, { procedure });
    return result;
  });
