import { importRejectPage, listRejectsInput } from "@muniment/shared/imports.ts";
import { decodeCursor, encodeCursor } from "../../cursor.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { ownImport } from "./own-import.ts";
import { readRejects } from "./read-rejects.ts";

const defaultLimit = 50;

/** The lines of a file that were refused, in its order. All at once: `/api/v1/imports/<id>/rejects`. */
export const rejects = limited("general")
  .concat(signedIn)
  .concat(permission("events:write"))
  .input(listRejectsInput)
  .output(importRejectPage)
  .query(async ({ ctx: { deps, principal }, input }) => {
    const { id, cursor, limit = defaultLimit } = input;
    await ownImport(deps, principal.userId, id);
    const place = `import-rejects:${principal.userId}:${id}`;
    const [after = "0"] = cursor ? decodeCursor(deps.secrets.cursor, place, cursor) : [];
    const rows = await readRejects(deps, principal.userId, id, Number(after), limit + 1);
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    const nextCursor =
      last && rows.length > limit
        ? encodeCursor(deps.secrets.cursor, place, [String(last.line)])
        : null;
    return { items, nextCursor };
  });
