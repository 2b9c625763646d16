/** What an API key may do; each scope is the permission of the same name. */
export const apiKeyScopes = ["events:write", "events:read"] as const;
export type ApiKeyScope = (typeof apiKeyScopes)[number];
