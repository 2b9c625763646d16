import type { Query } from "@muniment/db/statements.ts";
import { digestOf, type HeldBatch } from "./held-batch.ts";

/** What an event is by its id: nobody had that, or it is known with the same content, or with other. */
export type Claimed = "new" | "same" | "other";

/** As an array of PostgreSQL's; ids need no quotes there. */
const column = (ids: readonly string[]) => `{${ids.join(",")}}`;

/** Digests of the ids that are stored already, by user and id. */
async function findDigests(sql: Query, sent: ReadonlyMap<string, { userId: string; id: string }>) {
  const ids = [...sent.values()];
  const rows = await sql`
    select known.user_id || known.id::text as key, encode(known.digest, 'hex') as digest
    from unnest(
      ${column(ids.map(({ userId }) => userId))}::text::uuid[],
      ${column(ids.map(({ id }) => id))}::text::uuid[]
    ) as sent (user_id, id) join event_ids known using (user_id, id)`;
  return new Map(rows.map(({ key, digest }) => [String(key), String(digest)]));
}

/** Says of each event, in the order sent, whether its id is known. Of one sent twice the first is new. */
export async function findKnown(sql: Query, batches: readonly HeldBatch[]): Promise<Claimed[]> {
  const sent = new Map<string, { userId: string; id: string }>();
  for (const { userId, events } of batches) {
    for (const { id } of events) sent.set(userId + id, { userId, id });
  }
  const known = await findDigests(sql, sent);
  return batches.flatMap((batch) =>
    batch.events.map(({ id }, place) => {
      const [{ userId }, digest] = [batch, digestOf(batch, place)];
      const first = known.get(userId + id);
      if (first !== undefined) return first === digest ? "same" : "other";
      known.set(userId + id, digest);
      return "new";
    }),
  );
}
