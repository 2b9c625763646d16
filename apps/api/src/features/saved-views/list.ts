import { savedViews } from "@muniment/db/schema/saved-views.ts";
import { listSavedViewsInput, savedViewPage } from "@muniment/shared/saved-views.ts";
import { and, desc, eq } from "drizzle-orm";
import { keysetPage } from "../../paging.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { toSavedView } from "./read-saved-views.ts";

/** The caller's saved views, newest first. */
export const list = limited("general")
  .concat(signedIn)
  .concat(permission("events:read"))
  .input(listSavedViewsInput)
  .output(savedViewPage)
  .query(async ({ ctx: { deps, principal }, input }) => {
    const { database } = deps;
    const { userId } = principal;
    const page = keysetPage(deps, `saved-views:${userId}`, input);
    const rows = await database
      .reads({ userId })
      .select()
      .from(savedViews)
      .where(and(eq(savedViews.userId, userId), page.after(savedViews.createdAt, savedViews.id)))
      .orderBy(desc(savedViews.createdAt), desc(savedViews.id))
      .limit(page.fetch);
    return page.cut(rows, (row) => ({ at: row.createdAt, id: row.id }), toSavedView);
  });
