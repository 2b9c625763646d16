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
            .select({ id: auditLookup.id, at: auditLookup.at, index: auditLookup.index })
            .from(from)
            .where(and(matches(others), about, page.after(auditLookup.at, auditLookup.id)))
            .orderBy(desc(auditLookup.at), desc(auditLookup.id))
            .limit(page.fetch),
        );
        const { id, at, index } = found;
        return searches
          .with(found)
          .select({ id, at, index, entry: getViewSelectedFields(auditLog) })
          .from(found)
          .leftJoin(auditLog, eq(auditLog.id, id))
          .orderBy(desc(at), desc(id));
      };
      if (targetId === undefined) return newest(auditLookup);
      // Each by an index of its own; an entry that names its target tells of nobody else.
      const about = await newest(auditLookup, eq(auditLookup.targetId, targetId));
      return newestOf([about, await newest(entriesThatShowed(targetId))], page.fetch);
    });
    const { items: found, nextCursor } = page.cut(
      rows,
      (row) => row,
      ({ entry, index }) => ({ entry, index }),
    );
    // An entry that somebody deleted keeps its place; what is behind it is found all the same.
    const there = found.flatMap(({ entry, index }) => (entry ? [{ ...entry, index }] : []));
    const opened = await deps.dataKeys.open(there);
    const items = there.map((row, at) => toAuditEntry(row, opened[at], row.index));
    saw(await peopleIn(database, items), "audit_log");
    return { items, nextCursor };
  });
