import { auditLog } from "@muniment/db/schema/audit.ts";
import { users } from "@muniment/db/schema/users.ts";
import { accessPage, listAccessesInput } from "@muniment/shared/own-data.ts";
import { and, desc, eq, ne } from "drizzle-orm";
import { z } from "zod";
import { keysetPage } from "../../paging.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";

const readDetails = z.object({
  procedure: z.string().nullable().catch(null),
  count: z.number().int().catch(1),
});

/** Who looked at the caller's data, or changed something of the account, newest first. */
export const accesses = limited("general")
  .concat(signedIn)
  .concat(permission("data:read"))
  .input(listAccessesInput)
  .output(accessPage)
  .query(async ({ ctx: { deps, principal }, input }) => {
    const { userId } = principal;
    const page = keysetPage(deps, `accesses:${userId}`, input);
    const rows = await deps.database
      .reads({})
      .select({
        id: auditLog.id,
        at: auditLog.at,
        action: auditLog.action,
        details: auditLog.details,
        displayName: users.displayName,
        role: users.role,
      })
      .from(auditLog)
      .leftJoin(users, eq(users.id, auditLog.actorId))
      .where(
        and(
          eq(auditLog.targetKind, "user"),
          eq(auditLog.targetId, userId),
          eq(auditLog.actorKind, "user"),
          ne(auditLog.actorId, userId),
          page.after(auditLog.at, auditLog.id),
        ),
      )
      .orderBy(desc(auditLog.at), desc(auditLog.id))
      .limit(page.fetch);
    return page.cut(
      rows,
      (row) => row,
      ({ id, at, action, details, displayName, role }) => ({
        id,
        at: at.toISOString(),
        action,
        ...readDetails.parse(details),
        by: displayName !== null && role ? { displayName, role } : null,
      }),
    );
  });
