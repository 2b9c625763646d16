import type postgres from "postgres";
import { plainArray } from "./pg-array.ts";

/** An event that wants its id. */
export type Claim = { userId: string; id: string; at: number; digest: string };

/** What may become of a claim: nobody had the id; it is known with the same content, or with other. */
export type Claimed = "new" | "same" | "other";

const columns = (claims: readonly Claim[]) => ({
  users: plainArray(claims.map(({ userId }) => userId)),
  ids: plainArray(claims.map(({ id }) => id)),
  digests: plainArray(claims.map(({ digest }) => digest)),
});

const inOrder = (one: Claim, other: Claim) =>
  (one.userId < other.userId && -1) ||
  (one.userId > other.userId && 1) ||
  (one.id < other.id ? -1 : 1);

/** Claims ids that differ from each other; answers the places of those that were known, in `claims`. */
async function insertIds(sql: postgres.TransactionSql, claims: readonly Claim[]) {
  const { users, ids, digests } = columns(claims);
  const times = plainArray(claims.map(({ at }) => at / 1000));
  const [answer] = await sql<{ known: string | null }[]>`
    with sent as materialized (
      select * from unnest(
        ${users}::text::uuid[], ${ids}::text::uuid[], ${digests}::text::text[],
        ${times}::text::float8[]
      ) with ordinality as e (user_id, id, digest, at, place)
    ), claimed as (
      insert into event_ids (user_id, id, occurred_at, digest)
      select user_id, id, to_timestamp(at), decode(digest, 'hex') from sent
      on conflict (user_id, id) do nothing returning user_id, id
    )
    select case when (select count(*) from claimed) < ${claims.length}::int then (
      select string_agg((place - 1)::text, ' ')
      from sent where (user_id, id) not in (select user_id, id from claimed)
    ) end as known`;
  return answer?.known?.split(" ").map(Number) ?? [];
}

/** A statement of its own, whose snapshot sees what a rival committed meanwhile. */
async function findOthers(sql: postgres.TransactionSql, claims: readonly Claim[]) {
  const { users, ids, digests } = columns(claims);
  const rows = await sql<{ place: number }[]>`
    select (place - 1)::int as place
    from unnest(${users}::text::uuid[], ${ids}::text::uuid[], ${digests}::text::text[])
      with ordinality as e (user_id, id, digest, place)
    join event_ids known using (user_id, id)
    where known.digest <> decode(e.digest, 'hex')`;
  return rows.map(({ place }) => place);
}

/**
 * Claims the ids of events in the order sent, for the transaction. Of an id sent twice the first is
 * taken. Sorted by id, so that statements sharing ids cannot deadlock.
 */
export async function claimIds(
  sql: postgres.TransactionSql,
  claims: readonly Claim[],
): Promise<Claimed[]> {
  const answers = claims.map((): Claimed => "new");
  const places = new Map<string, number>();
  const rest: number[] = [];
  for (const [place, { userId, id }] of claims.entries()) {
    const key = userId + id;
    if (places.has(key)) rest.push(place);
    else places.set(key, place);
  }
  const first = [...places.values()];
  const at = (place: number | undefined) => claims[place ?? -1] as Claim;
  first.sort((a, b) => inOrder(at(a), at(b)));
  const known = await insertIds(sql, first.map(at));
  rest.push(...known.flatMap((place) => first[place] ?? []));
  if (rest.length === 0) return answers;
  for (const place of rest) answers[place] = "same";
  for (const other of await findOthers(sql, rest.map(at))) answers[rest[other] ?? -1] = "other";
  return answers;
}
