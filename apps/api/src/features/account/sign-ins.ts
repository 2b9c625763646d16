import { signIns as table } from "@muniment/db/schema/sign-ins.ts";
import { listSignInsInput, signInPage } from "@muniment/shared/sign-ins.ts";
import { and, desc, eq } from "drizzle-orm";
import { keysetPage } from "../../paging.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";

/** The caller's own sign-ins of the last 90 days and the attempts at them, newest first. */
export const signIns = limited("general")
  .concat(signedIn)
  .concat(permission("sessions:read"))
  .input(listSignInsInput)
  .output(signInPage)
  .query(async ({ ctx: { deps, principal }, input }) => {
    const { database } = deps;
    const { userId } = principal;
    const page = keysetPage(deps, `sign-ins:${userId}`, input);
    const rows = await database
      .reads({ userId })
      .select()
      .from(table)
      .where(and(eq(table.userId, userId), page.after(table.at, table.id)))
      .orderBy(desc(table.at), desc(table.id))
      .limit(page.fetch);
    return page.cut(
      rows,
      (row) => row,
      ({ id, at, outcome, address, userAgent }) => ({
        id,
        at: at.toISOString(),
        outcome,
        address,
        userAgent,
      }),
    );
  });
