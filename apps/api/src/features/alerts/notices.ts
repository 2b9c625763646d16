import { alertNotices } from "@muniment/shared/alerts.ts";
import { noInput } from "@muniment/shared/values.ts";
import { readNotices } from "../../alerts/notices.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";

/** What the caller is told of when alerts are raised. */
export const notices = limited("general")
  .concat(signedIn)
  .concat(permission("alerts:write"))
  .input(noInput)
  .output(alertNotices)
  .query(({ ctx: { deps, principal } }) => {
    const { userId } = principal;
    return readNotices(deps.database.reads({ userId }), userId);
  });
