import { build } from "@muniment/db/prepared.ts";
import { sessions } from "@muniment/db/schema/sessions.ts";
import { listSessionsInput, sessionPage } from "@muniment/shared/sessions.ts";
import { and, desc, eq, gt, sql } from "drizzle-orm";
import { afterCursor, keysetPage } from "../../paging.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";

const sessionsOfUser = build
  .select()
  .from(sessions)
  .where(
    and(
      eq(sessions.userId, sql.placeholder("userId")),
      gt(sessions.expiresAt, sql.placeholder("now")),
      afterCursor(sessions.createdAt, sessions.publicId),
    ),
  )
  .orderBy(desc(sessions.createdAt), desc(sessions.publicId))
  .limit(sql.placeholder("fetch"))
  .prepare("sessions_of_user");

export const list = limited("general")
  .concat(signedIn)
  .concat(permission("sessions:read"))
  .input(listSessionsInput)
  .output(sessionPage)
  .query(async ({ ctx: { deps, principal }, input }) => {
    const { userId } = principal;
    const page = keysetPage(deps, `sessions:${userId}`, input);
    const values = { ...page.values, userId, now: deps.now().toISOString() };
    const rows = await deps.database.run(sessionsOfUser, { userId }, values);
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
