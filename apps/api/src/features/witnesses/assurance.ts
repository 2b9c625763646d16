import { auditCheckpoints } from "@muniment/db/schema/audit.ts";
import { witnesses } from "@muniment/db/schema/witnesses.ts";
import { noInput } from "@muniment/shared/values.ts";
import { assurance as answer } from "@muniment/shared/witnesses.ts";
import { asc, gt, max } from "drizzle-orm";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { assuranceOf } from "../../witnesses/assurance.ts";

/** How much the audit log is worth now, and from which entry on nothing outside confirms it. */
export const assurance = limited("general")
  .concat(signedIn)
  .concat(permission("audit:read"))
  .input(noInput)
  .output(answer)
  .query(async ({ ctx: { deps } }) => {
    const reads = deps.database.reads({});
    const places = await reads.select().from(witnesses);
    const [newest] = await reads
      .select({ size: max(auditCheckpoints.size) })
      .from(auditCheckpoints);
    const since = new Map<number, number>();
    for (const confirmedSize of new Set(places.map((place) => place.confirmedSize))) {
      const [next] = await reads
        .select({ at: auditCheckpoints.at })
        .from(auditCheckpoints)
        .where(gt(auditCheckpoints.size, confirmedSize))
        .orderBy(asc(auditCheckpoints.size))
        .limit(1);
      if (next) since.set(confirmedSize, next.at.getTime());
    }
    return assuranceOf(
      places,
      newest?.size ?? 0,
      deps.now().getTime(),
      (confirmedSize) => since.get(confirmedSize) ?? null,
    );
  });
