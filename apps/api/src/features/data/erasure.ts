import { users } from "@muniment/db/schema/users.ts";
import { erasureState } from "@muniment/shared/own-data.ts";
import { noInput } from "@muniment/shared/values.ts";
import { eq } from "drizzle-orm";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";

/** Whether and when the caller is to be erased. */
export const erasure = limited("general")
  .concat(signedIn)
  .concat(permission("data:read"))
  .input(noInput)
  .output(erasureState)
  .query(async ({ ctx: { deps, principal } }) => {
    const [user] = await deps.database
      .reads({})
      .select({ eraseAt: users.eraseAt, id: users.erasureId })
      .from(users)
      .where(eq(users.id, principal.userId));
    return { eraseAt: user?.eraseAt?.toISOString() ?? null, id: user?.id ?? null };
  });
