import { uploads } from "@muniment/db/schema/uploads.ts";
import { listUploadsInput, uploadPage } from "@muniment/shared/uploads.ts";
import { and, desc, eq } from "drizzle-orm";
import { keysetPage } from "../../paging.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { toUpload } from "./read-uploads.ts";

/** The caller's files, or those beside one event, newest first. */
export const list = limited("general")
  .concat(signedIn)
  .concat(permission("uploads:read"))
  .input(listUploadsInput)
  .output(uploadPage)
  .query(async ({ ctx: { deps, principal }, input }) => {
    const { userId } = principal;
    const page = keysetPage(deps, `uploads:${userId}`, input);
    const rows = await deps.database
      .reads({ userId })
      .select()
      .from(uploads)
      .where(
        and(
          eq(uploads.userId, userId),
          input?.eventId === undefined ? undefined : eq(uploads.eventId, input.eventId),
          page.after(uploads.createdAt, uploads.id),
        ),
      )
      .orderBy(desc(uploads.createdAt), desc(uploads.id))
      .limit(page.fetch);
    return page.cut(rows, (row) => ({ at: row.createdAt, id: row.id }), toUpload);
  });
