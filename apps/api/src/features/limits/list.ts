import { limitNames, limitPage } from "@muniment/shared/limits.ts";
import { noInput } from "@muniment/shared/values.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { toLimitItem } from "./read-limits.ts";

export const list = limited("general")
  .concat(signedIn)
  .concat(permission("limits:read"))
  .input(noInput)
  .output(limitPage)
  .query(({ ctx: { deps } }) => {
    const classes = limitNames.map((name) => toLimitItem(deps, name, undefined));
    const single = deps.limits
      .procedureOverrides()
      .map(({ name, procedure }) => toLimitItem(deps, name, procedure));
    return { items: [...classes, ...single], nextCursor: null };
  });
