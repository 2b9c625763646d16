import { eventExports } from "@muniment/db/schema/event-exports.ts";
import { eventExportPage, listExportsInput } from "@muniment/shared/exports.ts";
import { and, desc, eq } from "drizzle-orm";
import { keysetPage } from "../../paging.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { toExport } from "./read-exports.ts";

/** The caller's exports, newest first. */
export const list = limited("general")
  .concat(signedIn)
  .concat(permission("events:read"))
  .input(listExportsInput)
  .output(eventExportPage)
  .query(async ({ ctx: { deps, principal }, input }) => {
    const { userId } = principal;
    const page = keysetPage(deps, `event-exports:${userId}`, input);
    const rows = await deps.database
      .reads({ userId })
      .select()
      .from(eventExports)
      .where(
        and(eq(eventExports.userId, userId), page.after(eventExports.createdAt, eventExports.id)),
      )
      .orderBy(desc(eventExports.createdAt), desc(eventExports.id))
      .limit(page.fetch);
    const now = deps.now();
    return page.cut(
      rows,
      (row) => ({ at: row.createdAt, id: row.id }),
      (row) => toExport(row, now),
    );
  });
