import type { passkeys } from "@muniment/db/schema/second-factors.ts";
import type { Passkey } from "@muniment/shared/second-factors.ts";

type Row = Pick<
  typeof passkeys.$inferSelect,
  "id" | "name" | "createdAt" | "lastUsedAt" | "backedUp"
>;

/** A passkey as its user sees it. */
export const toPasskey = ({ id, name, createdAt, lastUsedAt, backedUp }: Row): Passkey => ({
  id,
  name,
  createdAt: createdAt.toISOString(),
  lastUsedAt: lastUsedAt?.toISOString() ?? null,
  backedUp,
});
