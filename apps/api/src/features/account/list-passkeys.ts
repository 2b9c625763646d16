import { passkeys } from "@muniment/db/schema/second-factors.ts";
import { listPasskeysInput, passkeyPage } from "@muniment/shared/second-factors.ts";
import { and, desc, eq } from "drizzle-orm";
import { keysetPage } from "../../paging.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { toPasskey } from "./to-passkey.ts";

export const listPasskeys = limited("general")
  .concat(signedIn)
  .concat(permission("account:write", { whileEnrolling: true }))
  .input(listPasskeysInput)
  .output(passkeyPage)
  .query(async ({ ctx: { deps, principal }, input }) => {
    const { userId } = principal;
    const page = keysetPage(deps, `passkeys:${userId}`, input);
    const rows = await deps.database
      .reads({ userId })
      .select()
      .from(passkeys)
      .where(and(eq(passkeys.userId, userId), page.after(passkeys.createdAt, passkeys.id)))
      .orderBy(desc(passkeys.createdAt), desc(passkeys.id))
      .limit(page.fetch);
    return page.cut(rows, ({ createdAt: at, id }) => ({ at, id }), toPasskey);
  });
