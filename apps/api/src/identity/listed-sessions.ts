import { build } from "@muniment/db/prepared.ts";
import { sessions } from "@muniment/db/schema/sessions.ts";
import type { sessionPage } from "@muniment/shared/sessions.ts";
import { and, desc, eq, gt, sql } from "drizzle-orm";
import type { z } from "zod";
import type { Deps } from "../deps.ts";
import { afterCursor, keysetPage } from "../paging.ts";

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

/** A page of where a user is signed in, newest first; `currentId` is the session that asks. */
export async function listSessions(
  deps: Deps,
  userId: string,
  currentId: string,
  input: Parameters<typeof keysetPage>[2],
): Promise<z.infer<typeof sessionPage>> {
  const page = keysetPage(deps, `sessions:${userId}`, input);
  const values = { ...page.values, userId, now: deps.now().toISOString() };
  const rows = await deps.database.run(sessionsOfUser, { userId }, values);
  return page.cut(
    rows,
    (row) => ({ at: row.createdAt, id: row.publicId }),
    (row) => ({
      id: row.publicId,
      kind: row.kind,
      current: row.id === currentId,
      address: row.address,
      userAgent: row.userAgent,
      createdAt: row.createdAt.toISOString(),
      lastUsedAt: row.lastUsedAt.toISOString(),
      expiresAt: row.expiresAt.toISOString(),
    }),
  );
}
