import type { Database, Tx } from "@muniment/db/database.ts";
import { linkTokens } from "@muniment/db/schema/link-tokens.ts";
import { users } from "@muniment/db/schema/users.ts";
import { and, eq, lte } from "drizzle-orm";
import { createLinkToken } from "../../identity/link-token.ts";

const lifetimeSeconds = 24 * 3600;

/** Whether the first administrator is still to be made. */
export async function isSetupNeeded(tx: Pick<Tx, "select">): Promise<boolean> {
  const admins = await tx
    .select({ id: users.id })
    .from(users)
    .where(eq(users.role, "admin"))
    .limit(1);
  return admins.length === 0;
}

/**
 * The one-time setup link, or null when there is an administrator. Its token is in the fragment,
 * which no request, log or referrer carries. Each node prints one of its own as it starts: earlier ones
 * work until they expire or there is an administrator.
 */
export async function createSetupLink(
  database: Database,
  publicUrl: URL,
  now: Date,
): Promise<string | null> {
  return database.transaction({}, async (tx) => {
    if (!(await isSetupNeeded(tx))) return null;
    await tx
      .delete(linkTokens)
      .where(and(eq(linkTokens.purpose, "setup"), lte(linkTokens.expiresAt, now)));
    const { token } = await createLinkToken(tx, { purpose: "setup" }, now, lifetimeSeconds);
    return new URL(`/setup#token=${token}`, publicUrl).href;
  });
}
