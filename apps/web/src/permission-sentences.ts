import type { Permission } from "@muniment/shared/permissions.ts";

/** What a person without the permission is told, where a control is disabled or a page refused. */
export const permissionSentences = {
  "account:write": "Your role may not change this account.",
  "data:read": "Your role may not see this account's own data.",
  "data:write": "Your role may not export or erase this account.",
  "sessions:read": "Your role may not see sessions.",
  "sessions:write": "Your role may not end sessions.",
  "agents:read": "Your role may not see agents.",
  "agents:write": "Your role may not change agents.",
  "apiKeys:read": "Your role may not see API keys.",
  "apiKeys:write": "Your role may not make or change API keys.",
  "events:read": "Your role may not see events.",
  "events:write": "Your role may not send events.",
  "webhooks:read": "Your role may not see webhooks.",
  "webhooks:write": "Your role may not change webhooks.",
  "alertRules:read": "Your role may not see alert rules.",
  "alertRules:write": "Your role may not change alert rules.",
  "audit:read": "Only auditors and administrators see the audit log.",
  "users:read": "Only auditors and administrators see the list of users.",
  "users:write": "Only administrators change users.",
  "limits:read": "Only auditors and administrators see the rate limits.",
  "limits:write": "Only administrators change rate limits.",
  "alerts:read": "Only auditors and administrators see alerts.",
  "alerts:write": "Only administrators resolve alerts.",
  "posture:read": "Only auditors and administrators see the security posture.",
  "witnesses:write": "Only administrators change witnesses.",
} as const satisfies Record<Permission, string>;
