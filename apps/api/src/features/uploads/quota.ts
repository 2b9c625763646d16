import { uploadQuota } from "@muniment/shared/uploads.ts";
import { noInput } from "@muniment/shared/values.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { readUsage } from "./read-uploads.ts";

/** How much the caller keeps, and how much they may. */
export const quota = limited("general")
  .concat(signedIn)
  .concat(permission("uploads:read"))
  .input(noInput)
  .output(uploadQuota)
  .query(async ({ ctx: { deps, principal } }) => {
    const { userId } = principal;
    const { maxBytes, quotaBytes } = deps.config.uploads;
    const usage = await readUsage(deps.database.reads({ userId }), userId);
    return { ...usage, quotaBytes, maxFileBytes: maxBytes, scanned: deps.scanner !== null };
  });
