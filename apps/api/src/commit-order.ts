import { receipts } from "@muniment/db/schema/events.ts";
import { type SQL, sql } from "drizzle-orm";

/** Which cluster's transaction ids are counted, and the least that no transaction had when it was asked. */
export type CommitBounds = { cluster: string; nextXid: bigint };

/** The columns of `CommitBounds` as text. */
export const commitBounds = {
  cluster: sql<string>`(select system_identifier::text from pg_control_system())`,
  nextXid: sql<string>`pg_snapshot_xmax(pg_current_snapshot())::text`,
} as const;

/**
 * Whether a place in the order of commits is one of this cluster's. Another, such as one into which a
 * dump was restored, counts its transactions anew: behind the place there may be what was seen, and
 * before it what was not.
 */
export const isPlaceHere = (
  place: { cluster: string; xid: bigint },
  { cluster, nextXid }: CommitBounds,
): boolean => place.cluster === cluster && place.xid < nextXid;

/**
 * Whether a receipt was committed in this cluster. One that was restored says under which transaction
 * it was committed elsewhere, and its row was written by another.
 */
export const committedHere: SQL = sql`${receipts}.xmin = ${receipts.commitXid}::xid`;
