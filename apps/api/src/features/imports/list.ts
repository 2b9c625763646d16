import { eventImports } from "@muniment/db/schema/event-imports.ts";
import { eventImportPage, listImportsInput } from "@muniment/shared/imports.ts";
import { and, desc, eq } from "drizzle-orm";
import { keysetPage } from "../../paging.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { toImport } from "./read-imports.ts";

/** The caller's imports, newest first. */
export const list = limited("general")
  .concat(signedIn)
  .concat(permission("events:write"))
  .input(listImportsInput)
  .output(eventImportPage)
  .query(async ({ ctx: { deps, principal }, input }) => {
    const { userId } = principal;
    const page = keysetPage(deps, `event-imports:${userId}`, input);
    const rows = await deps.database
      .reads({ userId })
      .select()
      .from(eventImports)
      .where(
        and(eq(eventImports.userId, userId), page.after(eventImports.createdAt, eventImports.id)),
      )
      .orderBy(desc(eventImports.createdAt), desc(eventImports.id))
      .limit(page.fetch);
    return page.cut(rows, (row) => ({ at: row.createdAt, id: row.id }), toImport);
  });
