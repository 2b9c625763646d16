import { limitNames, limitPage, listLimitsInput } from "@muniment/shared/limits.ts";
import { decodeCursor, encodeCursor } from "../../cursor.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { toLimitItem } from "./read-limits.ts";

const place = "limits";

/** Every class, then what is limited by itself; all of it on one page unless a limit is asked for. */
export const list = limited("general")
  .concat(signedIn)
  .concat(permission("limits:read"))
  .input(listLimitsInput)
  .output(limitPage)
  .query(({ ctx: { deps }, input }) => {
    const secret = deps.secrets.cursor;
    const [first = "0"] = input?.cursor ? decodeCursor(secret, place, input.cursor) : [];
    const classes = limitNames.map((name) => toLimitItem(deps, name, undefined));
    const single = deps.limits
      .procedureOverrides()
      .map(({ name, procedure }) => toLimitItem(deps, name, procedure));
    const all = [...classes, ...single];
    const end = Number(first) + (input?.limit ?? all.length);
    return {
      items: all.slice(Number(first), end),
      nextCursor: end < all.length ? encodeCursor(secret, place, [String(end)]) : null,
    };
  });
