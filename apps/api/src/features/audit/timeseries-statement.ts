import { auditLookup } from "@muniment/db/schema/audit.ts";
import type { AuditDimension, AuditFilters } from "@muniment/shared/audit-log.ts";
import { sql } from "drizzle-orm";
import { matches } from "./filters.ts";

export type TimeseriesRow = { start: string; value: string; count: string };

const columns = {
  outcome: sql`${auditLookup.outcome}`,
  resource: sql`split_part(${auditLookup.action}, '.', 1)`,
} as const satisfies Record<AuditDimension, unknown>;

/** Counts entries in steps (milliseconds) from 1970, apart by what they are told apart by. */
export const timeseriesStatement = (filters: AuditFilters, step: number, by: AuditDimension) => sql`
  select date_bin(${`${step} milliseconds`}::interval, ${auditLookup.at}, '1970-01-01Z') as start,
    ${columns[by]} as value, count(*) as count
  from ${auditLookup} where ${matches(filters)} group by 1, 2`;
