import { exports } from "@muniment/db/schema/exports.ts";
import { exportPage, listExportsInput } from "@muniment/shared/own-data.ts";
import { and, desc, eq, gt } from "drizzle-orm";
import { keysetPage } from "../../paging.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { toExport } from "./read-exports.ts";

/** The copies of their own data that the caller asked for, newest first. */
export const listExports = limited("general")
  .concat(signedIn)
  .concat(permission("data:read"))
  .input(listExportsInput)
  .output(exportPage)
  .query(async ({ ctx: { deps, principal }, input }) => {
    const { userId } = principal;
    const page = keysetPage(deps, `exports:${userId}`, input);
    const rows = await deps.database
      .reads({ userId })
      .select()
      .from(exports)
      .where(
        and(
          eq(exports.userId, userId),
          gt(exports.expiresAt, deps.now()),
          page.after(exports.requestedAt, exports.id),
        ),
      )
      .orderBy(desc(exports.requestedAt), desc(exports.id))
      .limit(page.fetch);
    return page.cut(rows, (row) => ({ at: row.requestedAt, id: row.id }), toExport);
  });
