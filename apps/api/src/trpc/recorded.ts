import { AppError, isRefusal, toAppError } from "../errors.ts";
import type { Context } from "./context.ts";
import { procedure } from "./init.ts";

/** A cookie may only act for a page of our own origin (OWASP ASVS 5.0, V3.5). */
export function isOwnOrigin({ deps, request }: Context): boolean {
  if (request.origin !== undefined) {
    return (
      request.origin === deps.config.publicUrl.origin ||
      deps.config.corsOrigins.includes(request.origin)
    );
  }
  return request.secFetchSite === "same-origin";
}

/**
 * The outermost step: refuses what no procedure may see (two credentials, a mutation with a cookie
 * from a foreign origin), and leaves a trace of every refusal behind it, outside any transaction.
 */
export const recorded = procedure.use(async function recordRefusals({
  ctx,
  next,
  path,
  type,
  meta,
}) {
  const check = () => {
    if (ctx.request.cookieToken !== undefined && ctx.request.bearer !== undefined) {
      throw new AppError("multiple_credentials", "Send a cookie or an Authorization header.");
    }
    const needsOrigin = ctx.request.cookieToken !== undefined || meta?.setsSession === true;
    if (type === "mutation" && needsOrigin && !isOwnOrigin(ctx)) {
      throw new AppError("origin_not_allowed", "This origin may not act for a signed-in user.");
    }
  };
  const record = (error: unknown) => {
    const known = toAppError(error);
    if (isRefusal(known)) ctx.deps.refusals.record(ctx, path, known.reason);
    return known;
  };
  try {
    check();
  } catch (error) {
    throw record(error);
  }
  const result = await next();
  if (!result.ok) throw record(result.error);
  return result;
});
