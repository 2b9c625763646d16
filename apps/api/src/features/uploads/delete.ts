import { uploads } from "@muniment/db/schema/uploads.ts";
import { uploadIdInput } from "@muniment/shared/uploads.ts";
import { and, eq } from "drizzle-orm";
import { AppError } from "../../errors.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";

/** Deletes a file for good. */
export const deleteUpload = limited("general")
  .concat(signedIn)
  .concat(permission("uploads:write"))
  .input(uploadIdInput)
  .concat(audited("upload.deleted"))
  .output(uploadIdInput)
  .mutation(async ({ ctx: { deps, tx, audit, afterCommit, principal }, input: { id } }) => {
    const [row] = await tx
      .delete(uploads)
      .where(and(eq(uploads.id, id), eq(uploads.userId, principal.userId)))
      .returning({ name: uploads.name });
    if (!row) throw new AppError("not_found", "There is no such file.");
    await audit({ target: { kind: "upload", id, label: row.name } });
    afterCommit(() => {
      deps.files
        .remove([id])
        .catch((error: unknown) => deps.log.warn({ err: error }, "a file will be removed later"));
    });
    return { id };
  });
