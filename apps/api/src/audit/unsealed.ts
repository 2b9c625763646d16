import type { Query } from "@muniment/db/statements.ts";

/** Before the id of every entry. */
export const firstPiece = "00000000-0000-0000-0000-000000000000";
const pieceSize = 10_000;

/**
 * Which of the 10,000 entries after an id have no place in the log although their transactions are below
 * `xact`, and after which id the next piece begins; `next` is `firstPiece` again after the last. It needs
 * nothing of what is taken to be sealed, and costs the same however long the log is.
 */
export async function findUnsealed(
  sql: Query,
  after: string,
  xact: string,
): Promise<{ ids: string[]; next: string }> {
  const [row] = await sql`
    with piece as materialized (
      select id, xact from audit_entries where id > ${after}::text::uuid order by id limit ${pieceSize})
    select
      (select id::text from piece order by id offset ${pieceSize - 1} limit 1) as next,
      coalesce((select json_agg(id) from piece where xact < ${xact}::text::xid8
        and not exists (select from audit_leaves where entry_id = piece.id)), '[]') as ids`;
  return { ids: row?.ids, next: row?.next ?? firstPiece };
}
