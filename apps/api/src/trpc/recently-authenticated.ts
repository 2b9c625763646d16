import { AppError } from "../errors.ts";
import type { Principal } from "../identity/principal.ts";
import type { Context } from "./context.ts";
import { procedure } from "./init.ts";

/** How old the last proof of the password may be for sensitive acts (ASVS 5.0, 7.5). */
export const recentSeconds = 300;
/** How far this node's clock may be behind that of the node where it was given. */
const clockSkewSeconds = 60;

/** Step-up: passes a session whose user gave their password within the last five minutes. */
export const recentlyAuthenticated = procedure
  .meta({ recentAuthentication: true })
  .use(function requireRecentAuthentication({ ctx, next }) {
    const { principal, deps } = ctx as Context & { principal?: Principal };
    const at = principal?.kind === "user" ? principal.authenticatedAt.getTime() : 0;
    const ageSeconds = (deps.now().getTime() - at) / 1000;
    // Not from the future either: a clock put back must not make it last.
    if (ageSeconds >= -clockSkewSeconds && ageSeconds <= recentSeconds) return next();
    throw new AppError("reauthentication_required", "Enter your password again to do this.");
  });
