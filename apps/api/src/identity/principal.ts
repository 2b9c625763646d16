import type { ApiKeyScope } from "@muniment/shared/api-key-scopes.ts";
import type { ErrorReason } from "@muniment/shared/error-reasons.ts";
import type { Role } from "@muniment/shared/permissions.ts";

/** A signed-in user, by the session of this call. */
export type UserPrincipal = {
  kind: "user";
  userId: string;
  email: string;
  displayName: string;
  role: Role;
  createdAt: Date;
  /** SHA-256 of the cookie's token, hex. */
  sessionId: string;
  sessionPublicId: string;
  authenticatedAt: Date;
};

/** An agent, by the API key of this call. */
export type ApiKeyPrincipal = {
  kind: "apiKey";
  userId: string;
  role: Role;
  agentId: string;
  keyId: string;
  prefix: string;
  scopes: readonly ApiKeyScope[];
  allowedCidrs: readonly string[];
  /** Empty: every type. */
  eventTypes: readonly string[];
};

/** Nobody known; `refusal` says why a presented credential was not accepted. */
export type AnonymousPrincipal = { kind: "anonymous"; refusal?: ErrorReason };

export type Principal = UserPrincipal | ApiKeyPrincipal | AnonymousPrincipal;
