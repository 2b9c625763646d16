import { auditLog } from "@muniment/db/schema/audit.ts";
import { users } from "@muniment/db/schema/users.ts";
import { accessPage, listAccessesInput } from "@muniment/shared/own-data.ts";
import { and, desc, eq, gte, ne, or, type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import { actingUser } from "../../audit/key-owners.ts";
import { type Entries, entriesThatShowed, newestOf, showedEveryone } from "../../audit/showed.ts";
import { keysetPage } from "../../paging.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { inTurn } from "../../trpc/in-turn.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";

const readDetails = z.object({
  procedure: z.string().nullable().catch(null),
  count: z.number().int().catch(1),
  everyone: z.boolean().catch(false),
});

/**
 * Who looked at the caller's data, or changed something of the account, newest first: other users, also
 * by their API keys, and the system. What may have shown anybody's data counts from when the account was there.
 */
export const accesses = limited("general")
  .concat(signedIn)
  .concat(permission("data:read"))
  .concat(inTurn)
  .input(listAccessesInput)
  .output(accessPage)
  .query(async ({ ctx: { deps, principal }, input }) => {
    const { userId, createdAt } = principal;
    const page = keysetPage(deps, `accesses:${userId}`, input);
    const bySomebodyElse = or(
      eq(auditLog.actorKind, "system"),
      and(eq(auditLog.actorKind, "user"), ne(auditLog.actorId, userId)),
      and(eq(auditLog.actorKind, "apiKey"), sql`${actingUser} is distinct from ${userId}`),
    );
    const rows = await deps.database.searching({}, async (searches) => {
      const newest = (from: Entries, about?: SQL) =>
        searches
          .select({
            id: auditLog.id,
            at: auditLog.at,
            action: auditLog.action,
            details: auditLog.details,
            actorKind: auditLog.actorKind,
            displayName: users.displayName,
            role: users.role,
          })
          .from(from)
          .leftJoin(users, eq(users.id, actingUser))
          .where(and(about, bySomebodyElse, page.after(auditLog.at, auditLog.id)))
          .orderBy(desc(auditLog.at), desc(auditLog.id))
          .limit(page.fetch);
      const isTarget = and(eq(auditLog.targetKind, "user"), eq(auditLog.targetId, userId));
      // Each by an index of its own; an entry is of one of them only.
      const found = [
        await newest(auditLog, isTarget),
        await newest(entriesThatShowed(userId)),
        await newest(auditLog, and(showedEveryone, gte(auditLog.at, createdAt))),
      ];
      return newestOf(found, page.fetch);
    });
    return page.cut(
      rows,
      (row) => row,
      ({ id, at, action, details, actorKind, displayName, role }) => ({
        id,
        at: at.toISOString(),
        action,
        ...readDetails.parse(details),
        actor: actorKind === "system" ? "system" : "user",
        by: displayName !== null && role ? { displayName, role } : null,
      }),
    );
  });
