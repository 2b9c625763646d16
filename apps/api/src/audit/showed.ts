import { auditLookup } from "@muniment/db/schema/audit.ts";
import { getViewSelectedFields, type SQL, Subquery, sql } from "drizzle-orm";

/** Whether an entry is of an answer that showed this user's data among that of others. */
export const showed = (userId: string): SQL =>
  sql`${auditLookup.subjects} @> ${JSON.stringify([userId])}::jsonb`;

/**
 * The entries that `showed` is true of, by the name of all. Found all at once: nobody can guess how many
 * they are, and who looked for the newest in the order of time would look through the log where there are none.
 */
export const entriesThatShowed = (userId: string) =>
  new Subquery(
    sql`select * from ${auditLookup} where ${showed(userId)} offset 0`,
    getViewSelectedFields(auditLookup),
    "audit_lookup",
  );

/** Where entries are looked for: in the whole log, or in some of it by its name. */
export type Entries = typeof auditLookup | ReturnType<typeof entriesThatShowed>;

/** The newest of what several statements found, each of which answers as many. */
export const newestOf = <Row extends { at: Date; id: string }>(found: Row[][], count: number) =>
  found
    .flat()
    .sort((a, b) => b.at.getTime() - a.at.getTime() || (a.id < b.id ? 1 : -1))
    .slice(0, count);
