import type { Database } from "@muniment/db/database.ts";
import { events, receipts } from "@muniment/db/schema/events.ts";
import type { Event } from "@muniment/shared/events.ts";
import { sql } from "drizzle-orm";
import { type CommitBounds, commitBounds } from "../../commit-order.ts";
import { eventColumns, toEvent } from "./read-events.ts";
import type { TailPosition } from "./tail-position.ts";

/** Whole receipts are read until they hold this many events together. */
const chunkEvents = 200;

/** What follows a position, in commit order. */
export type TailChunk = {
  items: { position: TailPosition; event: Event }[];
  /** The place after it; null when nothing follows. */
  end: TailPosition | null;
  /** There may be more behind it already. */
  full: boolean;
};

type BoundsRow = { cluster: string; next: string } & Record<keyof TailPosition, string | null>;

/** The place of the user's last receipt: what commits from now on lies behind it, even after a crash. */
export async function readTailBounds(
  database: Database,
  userId: string,
): Promise<CommitBounds & { end: TailPosition }> {
  const [row] = await database.searches({ userId }).execute<BoundsRow>(sql`
      select ${commitBounds.cluster} as cluster, ${commitBounds.nextXid} as next,
        last.commit_xid::text as xid, last.position::text as receipt, last.ordinal::text as ordinal
      from (select) one left join lateral (
        select commit_xid, position, cardinality(${receipts.eventIds}) as ordinal from ${receipts}
        where ${receipts.userId} = ${userId}
          and commit_xid < pg_snapshot_xmin(pg_current_snapshot())
        order by commit_xid desc, position desc limit 1
      ) last on true`);
  if (!row) throw new Error("the bounds of a tail gave no answer");
  return {
    cluster: row.cluster,
    nextXid: BigInt(row.next),
    end: {
      xid: BigInt(row.xid ?? 0),
      receipt: BigInt(row.receipt ?? 0),
      ordinal: Number(row.ordinal ?? 0),
    },
  };
}

type Row = Record<keyof typeof eventColumns, never> & {
  xid: string;
  receipt: string;
  ordinal: string;
  id: string | null;
};

/** Drizzle's own mapping, which a statement that it did not build does not get. */
function toRow(row: Row) {
  const entries = Object.entries(eventColumns).map(([name, column]) => {
    const value = row[name as keyof typeof eventColumns];
    return [name, value === null ? null : column.mapFromDriverValue(value)];
  });
  return Object.fromEntries(entries) as Parameters<typeof toEvent>[0];
}

/**
 * Reads what was committed after `after`. Only receipts below the oldest running transaction are
 * read, so that none can still commit in front of one that was read (`events-tail.test.ts`).
 */
export async function readTail(
  database: Database,
  userId: string,
  after: TailPosition,
): Promise<TailChunk> {
  const columns = sql.join(
    Object.entries(eventColumns).map(([name, column]) => sql`${column} as ${sql.identifier(name)}`),
    sql`, `,
  );
  const rows = await database.searches({ userId }).execute<Row>(sql`
      select r.commit_xid::text as xid, r.position::text as receipt, i.ordinal, e.*
      from (
        select * from (
          select commit_xid, position, event_ids, event_times,
            sum(cardinality(event_ids)) over (order by commit_xid, position)
              - cardinality(event_ids) as before
          from (
            select commit_xid, position, event_ids, event_times from ${receipts}
            where ${receipts.userId} = ${userId}
              and (commit_xid, position) > (${String(after.xid)}::xid8, ${String(after.receipt)}::bigint)
              and commit_xid < pg_snapshot_xmin(pg_current_snapshot())
            order by commit_xid, position limit ${chunkEvents}
          ) next
        ) counted where before < ${chunkEvents}
      ) r
      cross join lateral unnest(r.event_ids, r.event_times) with ordinality
        as i (id, occurred_at, ordinal)
      left join lateral (
        select ${columns} from ${events}
        where ${events.userId} = ${userId} and ${events.occurredAt} = i.occurred_at
          and ${events.id} = i.id
        limit 1
      ) e on true
      order by r.commit_xid, r.position, i.ordinal`);
  const positionOf = ({ xid, receipt, ordinal }: Row) => ({
    xid: BigInt(xid),
    receipt: BigInt(receipt),
    ordinal: Number(ordinal),
  });
  const last = rows.at(-1);
  return {
    // Without an id: deleted since.
    items: rows
      .filter((row) => row.id !== null)
      .map((row) => ({ position: positionOf(row), event: toEvent(toRow(row)) })),
    end: last ? positionOf(last) : null,
    full: rows.length >= chunkEvents,
  };
}
