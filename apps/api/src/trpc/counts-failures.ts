import { toAppError } from "../errors.ts";
import { clientKey } from "../limits/client-key.ts";
import { procedure } from "./init.ts";
import { refuseOver } from "./limited.ts";

/**
 * Counts wrong single-use tokens against the caller's address and ends with 429 what would be a 401
 * over the limit. A right token passes whatever others at the address tried: it has 256 random bits.
 */
export const countsFailures = procedure
  .meta({ credentialsLimit: true })
  .use(async function countWrongTokens({ ctx, next, path: procedure }) {
    const key = clientKey(ctx.request.address);
    const { limits } = ctx.deps;
    const result = await next();
    const isWrong = !result.ok && toAppError(result.error).reason === "invalid_token";
    if (isWrong) refuseOver(ctx, await limits.consume("credentials", key, { procedure }));
    return result;
  });
