import { limitOverrides } from "@muniment/db/schema/limits.ts";
import { limitItem, resetLimitInput } from "@muniment/shared/limits.ts";
import { eq } from "drizzle-orm";
import { AppError } from "../../errors.ts";
import { countedPer } from "../../limits/counted-per.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { recentlyAuthenticated } from "../../trpc/recently-authenticated.ts";
import { refreshesLimits } from "../../trpc/refreshes-limits.ts";
import { meantLimit } from "./meant-limit.ts";

/** Puts a changed limit back to its configured value. */
export const reset = limited("general")
  .concat(signedIn)
  .concat(permission("limits:write"))
  .concat(recentlyAuthenticated)
  .input(resetLimitInput)
  .concat(refreshesLimits)
  .concat(audited("limit.reset"))
  .output(limitItem)
  .mutation(async ({ ctx: { deps, tx, audit, policyOf }, input }) => {
    const { procedure } = input;
    const limit = meantLimit(input, policyOf);
    const name = procedure ? `${limit}:${procedure}` : limit;
    const deleted = await tx
      .delete(limitOverrides)
      .where(eq(limitOverrides.name, name))
      .returning({ name: limitOverrides.name });
    if (deleted.length === 0) throw new AppError("not_found", "This limit is not changed.");
    await audit({ target: { kind: "limit", id: name }, details: { name } });
    const rule = deps.config.limits[limit];
    return { name, countedPer: countedPer[limit], rule, defaultRule: rule, changed: false };
  });
