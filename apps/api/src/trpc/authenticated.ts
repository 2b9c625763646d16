import { AppError } from "../errors.ts";
import type { AnonymousPrincipal, ApiKeyPrincipal, UserPrincipal } from "../identity/principal.ts";
import type { Context } from "./context.ts";
import { procedure } from "./init.ts";

type Known = UserPrincipal | ApiKeyPrincipal;
type Identified = Context & { principal?: Known | AnonymousPrincipal };

function refuse(principal: Identified["principal"]): never {
  const refusal = principal?.kind === "anonymous" ? principal.refusal : undefined;
  if (refusal === "invalid_api_key") throw new AppError(refusal, "This API key is not valid.");
  if (refusal) throw new AppError(refusal, "The presented credential is not valid.");
  throw new AppError("not_signed_in", "Sign in, or present an API key.");
}

/** Only a signed-in user passes. */
export const signedIn = procedure.meta({ auth: "session" }).use(function requireSession({
  ctx,
  next,
}) {
  const { principal } = ctx as Identified;
  if (principal?.kind !== "user") refuse(principal);
  return next({ ctx: { principal } });
});

/** @throws AppError why what was presented is no API key that works */
export function apiKeyOf(principal: Identified["principal"]): ApiKeyPrincipal {
  if (principal?.kind !== "apiKey") refuse(principal);
  return principal;
}

/** Only an API key passes. */
export const withApiKey = procedure.meta({ auth: "apiKey" }).use(function requireApiKey({
  ctx,
  next,
}) {
  return next({ ctx: { principal: apiKeyOf((ctx as Identified).principal) } });
});

/** A signed-in user or an API key passes. */
export const signedInOrApiKey = procedure
  .meta({ auth: "sessionOrApiKey" })
  .use(function requireSessionOrApiKey({ ctx, next }) {
    const { principal } = ctx as Identified;
    if (principal?.kind !== "user" && principal?.kind !== "apiKey") refuse(principal);
    return next({ ctx: { principal } });
  });

/** Says in so many words that nobody needs to be signed in. */
export const anyone = procedure.meta({ auth: "anyone" }).use(function allowAnyone({ next }) {
  return next();
});
