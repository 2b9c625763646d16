import { auditLog } from "@muniment/db/schema/audit.ts";
import { auditPage, searchAuditInput } from "@muniment/shared/audit-log.ts";
import { and, desc, eq, gte, inArray, lt } from "drizzle-orm";
import { keysetPage } from "../../paging.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { readsOthers } from "../../trpc/reads-others.ts";
import { peopleIn, readIndexes, toAuditEntry } from "./read-audit.ts";

export const search = limited("general")
  .concat(signedIn)
  .concat(permission("audit:read"))
  .concat(readsOthers)
  .input(searchAuditInput)
  .output(auditPage)
  .query(async ({ ctx: { deps, saw }, input = {} }) => {
    const { database } = deps;
    const { actions, outcomes, actorId, targetId, from, to } = input;
    const page = keysetPage(deps, "audit", input);
    const rows = await database
      .reads({})
      .select()
      .from(auditLog)
      .where(
        and(
          actions ? inArray(auditLog.action, actions) : undefined,
          outcomes ? inArray(auditLog.outcome, outcomes) : undefined,
          actorId ? eq(auditLog.actorId, actorId) : undefined,
          targetId ? eq(auditLog.targetId, targetId) : undefined,
          from ? gte(auditLog.at, new Date(from)) : undefined,
          to ? lt(auditLog.at, new Date(to)) : undefined,
          page.after(auditLog.at, auditLog.id),
        ),
      )
      .orderBy(desc(auditLog.at), desc(auditLog.id))
      .limit(page.fetch);
    const indexes = await readIndexes(
      database,
      rows.map(({ id }) => id),
    );
    const opened = await deps.dataKeys.open(rows);
    const personalOf = new Map(rows.map(({ id }, at) => [id, opened[at]]));
    const answer = page.cut(
      rows,
      (row) => row,
      (row) => toAuditEntry(row, personalOf.get(row.id), indexes.get(row.id)),
    );
    const asked = peopleIn(answer.items).filter(({ id }) => id === actorId || id === targetId);
    saw(asked.length > 0 ? asked : "audit_log");
    return answer;
  });
