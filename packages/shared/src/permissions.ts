/** Roles of a user, least powerful first. */
export const roles = ["member", "auditor", "admin"] as const;
export type Role = (typeof roles)[number];

/** Every `resource:action` that a procedure can ask for. `events:*` double as API key scopes. */
export const permissions = [
  "account:write",
  "data:read",
  "data:write",
  "sessions:read",
  "sessions:write",
  "agents:read",
  "agents:write",
  "apiKeys:read",
  "apiKeys:write",
  "events:read",
  "events:write",
  "uploads:read",
  "uploads:write",
  "webhooks:read",
  "webhooks:write",
  "alertRules:read",
  "alertRules:write",
  "audit:read",
  "users:read",
  "users:write",
  "limits:read",
  "limits:write",
  "alerts:read",
  "alerts:write",
  "posture:read",
  "witnesses:write",
] as const;
export type Permission = (typeof permissions)[number];

const own = [
  "account:write",
  "data:read",
  "data:write",
  "sessions:read",
  "sessions:write",
] as const;
const member = [
  ...own,
  "agents:read",
  "agents:write",
  "apiKeys:read",
  "apiKeys:write",
  "events:read",
  "events:write",
  "uploads:read",
  "uploads:write",
  "webhooks:read",
  "webhooks:write",
  "alertRules:read",
  "alertRules:write",
] as const;
/** An auditor reads what administrators see and changes nothing but their own account. */
const auditor = [
  ...own,
  "agents:read",
  "apiKeys:read",
  "events:read",
  "uploads:read",
  "webhooks:read",
  "alertRules:read",
  "audit:read",
  "users:read",
  "limits:read",
  "alerts:read",
  "posture:read",
] as const;

const granted: Record<Role, readonly Permission[]> = { member, auditor, admin: permissions };

/** Whether a role includes a permission; an unknown or missing role includes none. */
export function can(role: Role | null | undefined, permission: Permission): boolean {
  if (!role || !Object.hasOwn(granted, role)) return false;
  return granted[role].includes(permission);
}
