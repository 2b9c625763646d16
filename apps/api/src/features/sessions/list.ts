import { sessions } from "@muniment/db/schema/sessions.ts";
import { listSessionsInput, sessionPage } from "@muniment/shared/sessions.ts";
import { and, desc, eq, gt } from "drizzle-orm";
import { keysetPage } from "../../paging.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";

export const list = limited("general")
  .concat(signedIn)
  .concat(permission("sessions:read"))
  .input(listSessionsInput)
  .output(sessionPage)
  .query(async ({ ctx: { deps, principal }, input }) => {
    const { database } = deps;
    const { userId } = principal;
    const page = keysetPage(deps, `sessions:${userId}`, input);
    const rows = await database.as({ userId }, () =>
      database.reads
        .select()
        .from(sessions)
        .where(
          and(
            eq(sessions.userId, userId),
            gt(sessions.expiresAt, deps.now()),
            page.after(sessions.createdAt, sessions.publicId),
          ),
        )
        .orderBy(desc(sessions.createdAt), desc(sessions.publicId))
        .limit(page.fetch),
    );
    return page.cut(
      rows,
      (row) => ({ at: row.createdAt, id: row.publicId }),
      (row) => ({
        id: row.publicId,
        kind: row.kind,
        current: row.id === principal.sessionId,
        address: row.address,
        userAgent: row.userAgent,
        createdAt: row.createdAt.toISOString(),
        lastUsedAt: row.lastUsedAt.toISOString(),
        expiresAt: row.expiresAt.toISOString(),
      }),
    );
  });
