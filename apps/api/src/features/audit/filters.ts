import { auditLog } from "@muniment/db/schema/audit.ts";
import type { AuditFilters } from "@muniment/shared/audit-log.ts";
import { and, eq, gte, inArray, lt, or } from "drizzle-orm";
import { showed } from "../../audit/showed.ts";

/** Which entries filters ask for; all where there are none. */
export const matches = ({ actions, outcomes, actorId, targetId, from, to }: AuditFilters) =>
  and(
    actions ? inArray(auditLog.action, actions) : undefined,
    outcomes ? inArray(auditLog.outcome, outcomes) : undefined,
    actorId ? eq(auditLog.actorId, actorId) : undefined,
    targetId ? or(eq(auditLog.targetId, targetId), showed(targetId)) : undefined,
    from ? gte(auditLog.at, new Date(from)) : undefined,
    to ? lt(auditLog.at, new Date(to)) : undefined,
  );
