import { uploads } from "@muniment/db/schema/uploads.ts";
import { upload, uploadIdInput } from "@muniment/shared/uploads.ts";
import { and, eq } from "drizzle-orm";
import { AppError } from "../../errors.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { toUpload } from "./read-uploads.ts";

/** What is known of a file; its bytes are at `/api/v1/uploads/<id>`. */
export const get = limited("general")
  .concat(signedIn)
  .concat(permission("uploads:read"))
  .input(uploadIdInput)
  .output(upload)
  .query(async ({ ctx: { deps, principal }, input: { id } }) => {
    const { userId } = principal;
    const [row] = await deps.database
      .reads({ userId })
      .select()
      .from(uploads)
      .where(and(eq(uploads.id, id), eq(uploads.userId, userId)));
    if (!row) throw new AppError("not_found", "There is no such file.");
    return toUpload(row);
  });
