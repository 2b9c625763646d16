import { can, type Permission } from "@muniment/shared/permissions.ts";
import { AppError } from "../errors.ts";
import { mustEnroll } from "../identity/must-enroll.ts";
import type { Principal } from "../identity/principal.ts";
import type { Context } from "./context.ts";
import { procedure } from "./init.ts";

function isPermitted(principal: Principal | undefined, permission: Permission): boolean {
  if (principal?.kind === "user") return can(principal.role, permission);
  if (principal?.kind !== "apiKey") return false;
  return can(principal.role, permission) && principal.scopes.some((scope) => scope === permission);
}

/** @throws AppError `mfa_enrollment_required`, `missing_scope`, `not_permitted` */
export function requirePermitted(
  { deps }: Context,
  principal: Principal | undefined,
  needed: Permission,
  whileEnrolling = false,
): void {
  if (isPermitted(principal, needed)) {
    const mustWait = principal?.kind === "user" && mustEnroll(deps.config, principal);
    if (whileEnrolling || !mustWait) return;
    throw new AppError("mfa_enrollment_required", "Your role needs a second factor first.");
  }
  // A scope cannot give what its owner's role has not.
  if (principal?.kind === "apiKey" && can(principal.role, needed)) {
    throw new AppError("missing_scope", `This API key lacks the scope ${needed}.`);
  }
  const whose = principal?.kind === "apiKey" ? "The role of this API key's owner" : "Your role";
  throw new AppError("not_permitted", `${whose} does not permit this.`);
}

/**
 * Passes a user whose role includes the permission, and a key that also has the scope of that name.
 * A user whose role needs a second factor and who has none passes only `whileEnrolling`.
 */
export function permission(needed: Permission, { whileEnrolling = false } = {}) {
  const meta = { permission: needed, ...(whileEnrolling ? { whileEnrolling: true as const } : {}) };
  return procedure.meta(meta).use(function requirePermission({ ctx, next }) {
    const { principal } = ctx as Context & { principal?: Principal };
    requirePermitted(ctx, principal, needed, whileEnrolling);
    return next();
  });
}
