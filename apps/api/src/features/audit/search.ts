import { auditLog, auditLookup } from "@muniment/db/schema/audit.ts";
import { auditPage, searchAuditInput } from "@muniment/shared/audit-log.ts";
import { and, desc, eq, getViewSelectedFields, type SQL } from "drizzle-orm";
import { type Entries, entriesThatShowed, newestOf } from "../../audit/showed.ts";
import { keysetPage } from "../../paging.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { inTurn } from "../../trpc/in-turn.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { readsOthers } from "../../trpc/reads-others.ts";
import { matches } from "./filters.ts";
import { peopleIn, toAuditEntry } from "./read-audit.ts";

export const search = limited("general")
  .concat(signedIn)
  .concat(permission("audit:read"))
  .concat(inTurn)
  .concat(readsOthers)
  .input(searchAuditInput)
  .output(auditPage)
  .query(async ({ ctx: { deps, saw }, input = {} }) => {
    const { database } = deps;
    const page = keysetPage(deps, "audit", input);
    const { targetId, ...others } = input;
    const rows = await database.searching({}, async (searches) => {
      const newest = (from: Entries, about?: SQL) => {
        const found = searches.$with("found").as(
          searches
            .select({ id: auditLookup.id, index: auditLookup.index })
            .from(from)
            .where(and(matches(others), about, page.after(auditLookup.at, auditLookup.id)))
            .orderBy(desc(auditLookup.at), desc(auditLookup.id))
            .limit(page.fetch),
        );
        return searches
          .with(found)
          .select({ ...getViewSelectedFields(auditLog), index: found.index })
          .from(found)
          .innerJoin(auditLog, eq(auditLog.id, found.id))
          .orderBy(desc(auditLog.at), desc(auditLog.id));
      };
      if (targetId === undefined) return newest(auditLookup);
      // Each by an index of its own; an entry that names its target tells of nobody else.
      const about = await newest(auditLookup, eq(auditLookup.targetId, targetId));
      return newestOf([about, await newest(entriesThatShowed(targetId))], page.fetch);
    });
    const opened = await deps.dataKeys.open(rows);
    const personalOf = new Map(rows.map(({ id }, at) => [id, opened[at]]));
    const answer = page.cut(
      rows,
      (row) => row,
      (row) => toAuditEntry(row, personalOf.get(row.id), row.index),
    );
    saw(await peopleIn(database, answer.items), "audit_log");
    return answer;
  });
