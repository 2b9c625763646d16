import type { Tx } from "@muniment/db/database.ts";
import { auditEntries, auditLookup } from "@muniment/db/schema/audit.ts";
import { linkTokens } from "@muniment/db/schema/link-tokens.ts";
import { users } from "@muniment/db/schema/users.ts";
import { and, eq, inArray, ne } from "drizzle-orm";
import type { DataKeys } from "../audit/data-keys.ts";
import { readable } from "../audit/sealed-personal.ts";

/** Both sides of a change of address are entered with it, under the key of the person. */
async function formerOf(tx: Tx, keys: Pick<DataKeys, "open">, userId: string) {
  const changes = await tx
    .select({
      id: auditEntries.id,
      personal: auditEntries.personal,
      actorCommitment: auditEntries.actorCommitment,
      targetCommitment: auditEntries.targetCommitment,
    })
    .from(auditLookup)
    .innerJoin(auditEntries, eq(auditEntries.id, auditLookup.id))
    .where(and(eq(auditLookup.targetId, userId), eq(auditLookup.action, "account.email_changed")));
  const opened = await keys.open(changes);
  return opened.flatMap(({ actor, target }) => [readable(actor)?.label, readable(target)?.label]);
}

/**
 * Addresses under which something of an account may be: its own, those it had, and those of its open
 * links; but none that is another account's by now.
 */
export async function addressesOf(
  tx: Tx,
  keys: Pick<DataKeys, "open">,
  userId: string,
): Promise<string[]> {
  const own = await tx.select({ email: users.email }).from(users).where(eq(users.id, userId));
  const linked = await tx
    .select({ email: linkTokens.email })
    .from(linkTokens)
    .where(eq(linkTokens.userId, userId));
  const known = [...own, ...linked].map(({ email }) => email);
  const former = await formerOf(tx, keys, userId);
  const all = [...new Set([...known, ...former].flatMap((email) => email ?? []))];
  const others = await tx
    .select({ email: users.email })
    .from(users)
    .where(and(inArray(users.email, all), ne(users.id, userId)));
  const taken = new Set(others.map(({ email }) => email));
  return all.filter((email) => !taken.has(email));
}
