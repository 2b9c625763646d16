import type { ApiKeyScope } from "@muniment/shared/api-key-scopes.ts";
import type { ErrorReason } from "@muniment/shared/error-reasons.ts";
import type { Role } from "@muniment/shared/permissions.ts";
import type { SessionKind } from "@muniment/shared/sessions.ts";

/** A signed-in user, by the session of this call. */
export type UserPrincipal = {
  kind: "user";
  /** A browser's cookie, or a program's access token. */
  via: SessionKind;
  userId: string;
  email: string;
  displayName: string;
  role: Role;
  createdAt: Date;
  /** How long events are kept; null: as long as the instance does. */
  retentionDays: number | null;
  /** Whether the password alone does not sign in. */
  secondFactor: boolean;
  /** The session's id in the database: see its schema. */
  sessionId: string;
  sessionPublicId: string;
  authenticatedAt: Date;
};

/** An agent, by the API key of this call. */
export type ApiKeyPrincipal = {
  kind: "apiKey";
  userId: string;
  role: Role;
  /** Of the owner's events. */
  retentionDays: number | null;
  agentId: string;
  keyId: string;
  prefix: string;
  scopes: readonly ApiKeyScope[];
  allowedCidrs: readonly string[];
  /** Empty: every type. */
  eventTypes: readonly string[];
  /** Not empty: publishable, for pages of these origins. */
  origins: readonly string[];
};

/**
 * Nobody known; `refusal` says why a presented credential was not accepted. `isLate` tells of a cookie
 * that was renewed a moment ago: the browser has the new one already. `tried` names an API key that
 * there is, but that is revoked or expired or may not be used so; for the abuse engine alone.
 */
export type AnonymousPrincipal = {
  kind: "anonymous";
  refusal?: ErrorReason;
  isLate?: boolean;
  tried?: { keyId: string; userId: string };
};

export type Principal = UserPrincipal | ApiKeyPrincipal | AnonymousPrincipal;

/** Who a principal is and what it may do, as one text: what was begun under it ends when that changes. */
export function rightsOf(principal: UserPrincipal | ApiKeyPrincipal | AnonymousPrincipal): string {
  if (principal.kind === "anonymous") return principal.kind;
  const { kind, userId, role } = principal;
  const credential = principal.kind === "user" ? principal.sessionId : principal.keyId;
  return `${kind} ${userId} ${role} ${credential}`;
}
