import { auditLookup } from "@muniment/db/schema/audit.ts";
import type { AuditFilters } from "@muniment/shared/audit-log.ts";
import { and, eq, gte, inArray, lt, or } from "drizzle-orm";
import { showed } from "../../audit/showed.ts";

/** Which entries filters ask for; all where there are none. */
export const matches = ({ actions, outcomes, actorId, targetId, from, to }: AuditFilters) =>
  and(
    actions ? inArray(auditLookup.action, actions) : undefined,
    outcomes ? inArray(auditLookup.outcome, outcomes) : undefined,
    actorId ? eq(auditLookup.actorId, actorId) : undefined,
    targetId ? or(eq(auditLookup.targetId, targetId), showed(targetId)) : undefined,
    from ? gte(auditLookup.at, new Date(from)) : undefined,
    to ? lt(auditLookup.at, new Date(to)) : undefined,
  );
