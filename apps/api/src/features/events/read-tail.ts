import type { Database } from "@muniment/db/database.ts";
import { events, receipts } from "@muniment/db/schema/events.ts";
import type { Event } from "@muniment/shared/events.ts";
import { sql } from "drizzle-orm";
import { type CommitBounds, commitBounds } from "../../commit-order.ts";
import { eventColumns, toEvent } from "./read-events.ts";
import type { TailPosition } from "./tail-position.ts";

export const chunkEvents = 200;
/** A reading ends with the event that makes it so many bytes of text: what many slow readers may hold each. */
const chunkBytes = 65_536;

/** What follows a position, in commit order. */
export type TailChunk = {
  /** Without an event where it has been deleted since. */
  items: { position: TailPosition; event: Event | null }[];
  /** The place after it; null when nothing follows. */
  end: TailPosition | null;
  /** There may be more behind it already. */
  full: boolean;
  /** The receipt at the position is no longer kept, so others behind it may be gone, too. */
  gap: boolean;
};

type BoundsRow = { cluster: string; next: string } & Record<keyof TailPosition, string | null>;

/** The place of the user's last receipt: what commits from now on lies behind it, even after a crash. */
export async function readTailBounds(
  database: Database,
  userId: string,
): Promise<CommitBounds & { end: TailPosition }> {
  const [row] = await database.tails({ userId }).execute<BoundsRow>(sql`
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
  bytes: string;
  gap: boolean;
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
 * Reads what was committed after `after`, at most so many events. Only receipts below the oldest
 * running transaction are read, so that none can still commit in front of one that was read
 * (`events-tail.test.ts`).
 */
export async function readTail(
  database: Database,
  userId: string,
  after: TailPosition,
  most: number = chunkEvents,
): Promise<TailChunk> {
  const columns = sql.join(
    Object.entries(eventColumns).map(([name, column]) => sql`${column} as ${sql.identifier(name)}`),
    sql`, `,
  );
  const place = sql`(${String(after.xid)}::xid8, ${String(after.receipt)}::bigint)`;
  const ordinal = sql`${after.ordinal}::bigint`;
  const rows = await database.tails({ userId }).execute<Row>(sql`
      select * from (
        select p.commit_xid::text as xid, p.position::text as receipt, p.ordinal::text, e.*,
          p.number, sum(coalesce(e.own_bytes, 0)) over (order by p.number) as bytes,
          ${after.xid > 0n} and not exists (
            select from ${receipts}
            where ${receipts.userId} = ${userId} and (commit_xid, position) = ${place}
          ) as gap
        from (
          select *, row_number() over (order by commit_xid, position, ordinal) as number
          from (
            select *, sum(remaining) over (order by commit_xid, position) - remaining as before
            from (
              select commit_xid, position, event_ids, event_times,
                greatest(0, cardinality(event_ids)
                  - case when (commit_xid, position) = ${place} then ${ordinal} else 0 end) as remaining
              from ${receipts}
              where ${receipts.userId} = ${userId} and (commit_xid, position) >= ${place}
                and commit_xid < pg_snapshot_xmin(pg_current_snapshot())
              order by commit_xid, position limit ${most + 1}
            ) next
          ) counted
          cross join lateral unnest(event_ids, event_times) with ordinality as i (id, occurred_at, ordinal)
          where before < ${most}
            and ((commit_xid, position) > ${place} or ordinal > ${ordinal})
          order by commit_xid, position, ordinal limit ${most}
        ) p
        left join lateral (
          select e.*, octet_length(e::text) as own_bytes from (
            select ${columns} from ${events}
            where ${events.userId} = ${userId} and ${events.occurredAt} = p.occurred_at
              and ${events.id} = p.id
            limit 1
          ) e
        ) e on true
      ) sized
      where bytes - coalesce(own_bytes, 0) < ${chunkBytes}
      order by number`);
  const positionOf = ({ xid, receipt, ordinal }: Row) => ({
    xid: BigInt(xid),
    receipt: BigInt(receipt),
    ordinal: Number(ordinal),
  });
  const last = rows.at(-1);
  return {
    items: rows.map((row) => ({
      position: positionOf(row),
      event: row.id === null ? null : toEvent(toRow(row)),
    })),
    end: last ? positionOf(last) : null,
    full: rows.length >= most || Number(last?.bytes) >= chunkBytes,
    gap: last?.gap ?? false,
  };
}
