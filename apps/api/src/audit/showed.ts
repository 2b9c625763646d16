import { auditLog } from "@muniment/db/schema/audit.ts";
import { getViewSelectedFields, type SQL, Subquery, sql } from "drizzle-orm";

/** Whether an entry is of an answer that showed this user's data among that of others, by `audit_entries_subjects_idx`. */
export const showed = (userId: string): SQL =>
  sql`${auditLog.details} -> 'subjects' @> ${JSON.stringify([userId])}::jsonb`;

/** Whether it is of one that may have shown anybody's, by `audit_entries_everyone_idx`. */
export const showedEveryone: SQL = sql`(${auditLog.details} -> 'everyone') is not null`;

/**
 * The entries that `showed` is true of, by the name of the log. Found all at once: nobody can guess how many
 * they are, and who looked for the newest in the order of time would look through the log where there are none.
 */
export const entriesThatShowed = (userId: string) =>
  new Subquery(
    sql`select * from ${auditLog} where ${showed(userId)} offset 0`,
    getViewSelectedFields(auditLog),
    "audit_log",
  );

/** Where entries are taken from: the whole log, or some of it by its name. */
export type Entries = typeof auditLog | ReturnType<typeof entriesThatShowed>;

/** The newest of what several statements found, each of which answers as many. */
export const newestOf = <Row extends { at: Date; id: string }>(found: Row[][], count: number) =>
  found
    .flat()
    .sort((a, b) => b.at.getTime() - a.at.getTime() || (a.id < b.id ? 1 : -1))
    .slice(0, count);
