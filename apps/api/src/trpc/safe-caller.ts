import type { AnyTRPCProcedure } from "@trpc/server";
import { AppError } from "../errors.ts";
import type { Context } from "./context.ts";
import { type PolicyMeta, procedure } from "./init.ts";

/** A cookie may only act for a page of our own origin (OWASP ASVS 5.0, V3.5). */
function isOwnOrigin({ deps, request }: Context): boolean {
  if (request.origin !== undefined) {
    return (
      request.origin === deps.config.publicUrl.origin ||
      deps.config.corsOrigins.includes(request.origin)
    );
  }
  return request.secFetchSite === "same-origin";
}

/**
 * Refuses what no procedure may see: two credentials, or an act that a foreign page asks for with a cookie.
 * @throws AppError `multiple_credentials`, `origin_not_allowed`
 */
export function requireSafeCaller(
  ctx: Context,
  { type, meta }: { type: AnyTRPCProcedure["_def"]["type"]; meta: PolicyMeta | undefined },
): void {
  const { cookieToken, hasSeveralCredentials } = ctx.request;
  if (hasSeveralCredentials) {
    throw new AppError("multiple_credentials", "Send one cookie or one Authorization header.");
  }
  const needsOrigin = cookieToken !== undefined || meta?.setsSession === true;
  // What is audited acts for the user, though it may be opened by a GET.
  const acts = type === "mutation" || meta?.audit !== undefined;
  if (acts && needsOrigin && !isOwnOrigin(ctx)) {
    throw new AppError("origin_not_allowed", "This origin may not act for a signed-in user.");
  }
}

export const safeCaller = procedure.use(function refuseUnsafeCaller({ ctx, next, type, meta }) {
  requireSafeCaller(ctx, { type, meta });
  return next();
});
