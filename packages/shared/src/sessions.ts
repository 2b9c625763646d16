import { z } from "zod";
import { page, pageInput, timestamp, uuid } from "./values.ts";

/** What a sign-in was for: a browser's cookie, or a program's access and refresh tokens. */
export const sessionKinds = ["browser", "token"] as const;
export type SessionKind = (typeof sessionKinds)[number];

/** A sign-in. `id` names it in lists and is no secret. */
export const session = z.strictObject({
  id: uuid,
  kind: z.enum(sessionKinds),
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
