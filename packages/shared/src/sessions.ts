import { z } from "zod";
import { page, pageInput, timestamp, uuid } from "./values.ts";

/** A browser sign-in. `id` names the session in lists; it is not the cookie's secret. */
export const session = z.strictObject({
  id: uuid,
  current: z.boolean(),
  address: z.string(),
  userAgent: z.string(),
  createdAt: timestamp,
  lastUsedAt: timestamp,
  expiresAt: timestamp,
});
export type Session = z.infer<typeof session>;

export const listSessionsInput = z.strictObject(pageInput).optional();
export const sessionPage = page(session);
export const revokeSessionInput = z.strictObject({ id: uuid });
export const revokedSessions = z.strictObject({ revoked: z.number().int().min(0) });
