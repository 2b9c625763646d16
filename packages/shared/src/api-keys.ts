import { z } from "zod";
import { apiKeyScopes } from "./api-key-scopes.ts";
import { calendarTimeInput, name, page, pageInput, timestamp, uuid } from "./values.ts";

export const apiKeyScope = z.enum(apiKeyScopes);

/** `active`; `retiring` while a rotated key still works; then `revoked` or `expired`. */
export const apiKeyStatus = z.enum(["active", "retiring", "revoked", "expired"]);

/** An API key without its secret. `prefix` is the only part kept in plain text. */
export const apiKey = z.strictObject({
  id: uuid,
  agentId: uuid,
  agentName: z.string(),
  name: z.string(),
  prefix: z.string(),
  scopes: z.array(apiKeyScope),
  allowedCidrs: z.array(z.string()),
  eventTypes: z.array(z.string()),
  /** The pages that may send with it; empty for a key that is secret. */
  origins: z.array(z.string()),
  status: apiKeyStatus,
  createdAt: timestamp,
  expiresAt: timestamp.nullable(),
  revokedAt: timestamp.nullable(),
  lastUsedAt: timestamp.nullable(),
  rotatedToId: uuid.nullable(),
});
export type ApiKey = z.infer<typeof apiKey>;

const cidr = z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()], "not an address or CIDR range");

/** `type.*` permits every type below `type.` */
export const eventTypeFilter = z
  .string()
  .max(130)
  .regex(/^[a-z0-9._:-]+(?:\*)?$/, "not an event type or prefix.*");

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Whether a text is exactly what a browser sends as the origin of a page: https, or http on this machine. */
function isPageOrigin(text: string): boolean {
  if (!URL.canParse(text) || text.includes("*")) return false;
  const { origin, protocol, hostname } = new URL(text);
  return (
    origin === text && (protocol === "https:" || (protocol === "http:" && loopback.test(hostname)))
  );
}

export const pageOrigin = z
  .string()
  .max(300)
  .refine(isPageOrigin, "not an origin such as https://www.example.com");

/**
 * With `origins` the key is publishable: it may stand in the pages of these origins, works from there
 * only, under a low limit, and can have no scope but `events:write`.
 */
export const createApiKeyInput = z
  .strictObject({
    agentId: uuid,
    name,
    scopes: z
      .array(apiKeyScope)
      .min(1)
      .max(apiKeyScopes.length)
      .refine((scopes) => new Set(scopes).size === scopes.length, "a scope is named twice"),
    expiresAt: calendarTimeInput.nullable().optional(),
    allowedCidrs: z.array(cidr).max(32).optional(),
    eventTypes: z.array(eventTypeFilter).max(64).optional(),
    origins: z.array(pageOrigin).max(16).optional(),
  })
  .refine(
    ({ scopes, origins = [] }) =>
      origins.length === 0 || scopes.every((scope) => scope === "events:write"),
    { path: ["scopes"], error: "a key for pages may have only events:write" },
  );
/** The only answer that ever holds the key. */
export const createdApiKey = apiKey.extend({ key: z.string() });
export type CreatedApiKey = z.infer<typeof createdApiKey>;

export const listApiKeysInput = z
  .strictObject({ agentId: uuid.optional(), ...pageInput })
  .optional();
export const apiKeyPage = page(apiKey);
export const rotateApiKeyInput = z.strictObject({
  id: uuid,
  overlapSeconds: z
    .number()
    .int()
    .min(0)
    .max(30 * 86_400),
});
export const apiKeyIdInput = z.strictObject({ id: uuid });
