import { limitOverrides } from "@muniment/db/schema/limits.ts";
import { limitItem, setLimitInput } from "@muniment/shared/limits.ts";
import { AppError } from "../../errors.ts";
import { countedPer } from "../../limits/counted-per.ts";
import { blocksWayBack } from "../../limits/way-back.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { countedBy } from "../../trpc/counted-by.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { recentlyAuthenticated } from "../../trpc/recently-authenticated.ts";
import { refreshesLimits } from "../../trpc/refreshes-limits.ts";
import { meantLimit } from "./meant-limit.ts";

/** Changes a limit, for a class or one procedure of it, on every node within a second. */
export const set = limited("general")
  .concat(signedIn)
  .concat(permission("limits:write"))
  .concat(recentlyAuthenticated)
  .input(setLimitInput)
  .concat(refreshesLimits)
  .concat(audited("limit.changed"))
  .output(limitItem)
  .mutation(async ({ ctx: { deps, tx, audit, policyOf }, input }) => {
    const { procedure, points, durationSeconds } = input;
    const limit = meantLimit(input, policyOf);
    if (procedure && !countedBy(policyOf(procedure)).includes(limit)) {
      throw new AppError("invalid_input", `procedure: no call of it is counted by ${limit}`);
    }
    const problem = blocksWayBack(limit, procedure, { points, durationSeconds });
    if (problem) throw new AppError("invalid_input", problem);
    const name = procedure ? `${limit}:${procedure}` : limit;
    const before = deps.limits.rule(limit, procedure).rule;
    const changed = { points, durationSeconds, changedAt: deps.now() };
    await tx
      .insert(limitOverrides)
      .values({ name, ...changed })
      .onConflictDoUpdate({ target: limitOverrides.name, set: changed });
    const rule = { points, durationSeconds };
    await audit({
      target: { kind: "limit", id: name },
      details: { name, from: before, to: rule },
    });
    return {
      name,
      countedPer: countedPer[limit],
      rule,
      defaultRule: procedure ? null : deps.config.limits[limit],
      changed: true,
    };
  });
