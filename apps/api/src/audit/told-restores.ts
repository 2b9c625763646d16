import type { Query } from "@muniment/db/statements.ts";

/** A restore that the log tells of; the index is null while its entry waits for a place. */
type ToldRestore = { index: number | null; at: string; createdAt: string };

async function readRestores(sql: Query): Promise<ToldRestore[]> {
  const rows = await sql`
    select l.index, e.at, e.details->>'createdAt' as "createdAt"
    from audit_entries e left join audit_leaves l on l.entry_id = e.id
    where e.action = 'backup.restored' order by l.index nulls last, e.at`;
  return rows.map(({ index, at, createdAt }) => ({
    index: index === null ? null : Number(index),
    at: new Date(at).toISOString(),
    createdAt: String(createdAt),
  }));
}

type Seen = {
  source: string;
  /** How many entries its checkpoint is over. */
  size: number;
};

/**
 * What the log itself tells where the largest checkpoint of a place outside is not of it, while others are
 * (`same`): the restores by which entries that were seen there were lost. Null where it tells of none.
 * `index` is that of the first entry that is not the log's of before, as far as it tells; null where that
 * waits for its place.
 */
export async function explainByRestores(
  sql: Query,
  { source, size }: Seen,
  same: readonly Seen[],
): Promise<{ index: number | null; reason: string } | null> {
  const agreed = Math.max(0, ...same.filter((one) => one.source === source).map((one) => one.size));
  const restores = (await readRestores(sql)).filter(
    ({ index }) => index === null || (index >= agreed && index < size),
  );
  const [first] = restores;
  if (!first) return null;
  const each = restores.map(
    ({ index, at, createdAt }) =>
      `${index === null ? "an entry that waits for its place" : `entry ${index}`} says that at ${at} the backup of ${createdAt} was restored`,
  );
  const ofBefore = same.filter((one) => one.size <= (first.index ?? size));
  const confirmed = Math.max(0, ...ofBefore.map((one) => one.size));
  const before =
    confirmed > 0
      ? `Entries up to ${confirmed - 1} are confirmed from outside.`
      : "No checkpoint of before the backup was given, so nothing from outside confirms the entries before it.";
  return {
    index: first.index,
    reason: `${source} has seen ${size} entries of a log that goes on otherwise here: ${each.join("; ")}. What was entered between that backup and its restore, up to entry ${size - 1} there, is lost, and the checkpoint is evidence of it. Only ${restores.length === 1 ? "that entry tells" : "those entries tell"} such a loss from a tail that somebody cut: ask who restored, when and why. ${before}`,
  };
}
