import { auditLog, auditLookup } from "@muniment/db/schema/audit.ts";
import { users } from "@muniment/db/schema/users.ts";
import { accessPage, listAccessesInput } from "@muniment/shared/own-data.ts";
import { and, desc, eq, gte, ne, or, type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import { actingUser } from "../../audit/key-owners.ts";
import { type Entries, entriesThatShowed, newestOf } from "../../audit/showed.ts";
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
      eq(auditLookup.actorKind, "system"),
      and(eq(auditLookup.actorKind, "user"), ne(auditLookup.actorId, userId)),
      and(eq(auditLookup.actorKind, "apiKey"), sql`${actingUser} is distinct from ${userId}`),
    );
    const rows = await deps.database.searching({}, async (searches) => {
      const newest = (from: Entries, about?: SQL) => {
        const found = searches.$with("found").as(
          searches
            .select({
              id: auditLookup.id,
              at: auditLookup.at,
              action: auditLookup.action,
              actorKind: auditLookup.actorKind,
              displayName: users.displayName,
              role: users.role,
            })
            .from(from)
            .leftJoin(users, eq(users.id, actingUser))
            .where(and(about, bySomebodyElse, page.after(auditLookup.at, auditLookup.id)))
            .orderBy(desc(auditLookup.at), desc(auditLookup.id))
            .limit(page.fetch),
        );
        return searches
          .with(found)
          .select({
            id: found.id,
            at: found.at,
            action: found.action,
            actorKind: found.actorKind,
            displayName: found.displayName,
            role: found.role,
            details: auditLog.details,
          })
          .from(found)
          .leftJoin(auditLog, eq(auditLog.id, found.id))
          .orderBy(desc(found.at), desc(found.id));
      };
      const isTarget = and(eq(auditLookup.targetKind, "user"), eq(auditLookup.targetId, userId));
      // Each by an index of its own; an entry is of one of them only.
      const found = [
        await newest(auditLookup, isTarget),
        await newest(entriesThatShowed(userId)),
        await newest(auditLookup, and(auditLookup.everyone, gte(auditLookup.at, createdAt))),
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
        ...readDetails.parse(details ?? {}),
        actor: actorKind === "system" ? "system" : "user",
        by: displayName !== null && role ? { displayName, role } : null,
      }),
    );
  });
