import { sessions } from "@muniment/db/schema/sessions.ts";
import { sessionPage } from "@muniment/shared/sessions.ts";
import { listUserSessionsInput } from "@muniment/shared/users.ts";
import { and, desc, eq, gt } from "drizzle-orm";
import { keysetPage } from "../../paging.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { readsOthers } from "../../trpc/reads-others.ts";
import { readUser } from "./read-users.ts";

/** Where a user is signed in, for administrators and auditors. */
export const userSessions = limited("general")
  .concat(signedIn)
  .concat(permission("users:read"))
  .concat(readsOthers)
  .input(listUserSessionsInput)
  .output(sessionPage)
  .query(async ({ ctx: { deps, principal, saw }, input }) => {
    const { database } = deps;
    const { id: userId } = input;
    const { email } = await readUser(database.reads({}), userId);
    saw([{ id: userId, label: email }]);
    const page = keysetPage(deps, `user sessions:${userId}`, input);
    const rows = await database
      .reads({ userId })
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
      .limit(page.fetch);
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
