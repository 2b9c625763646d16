import { auditLog } from "@muniment/db/schema/audit.ts";
import { type SQL, sql } from "drizzle-orm";

/** Whether an entry is of an answer that showed this user's data among that of others, by `audit_entries_subjects_idx`. */
export const showed = (userId: string): SQL =>
  sql`${auditLog.details} -> 'subjects' @> ${JSON.stringify([userId])}::jsonb`;

/** Whether it is of one that may have shown anybody's, by `audit_entries_everyone_idx`. */
export const showedEveryone: SQL = sql`(${auditLog.details} -> 'everyone') is not null`;
