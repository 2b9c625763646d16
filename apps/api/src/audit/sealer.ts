import type { Database } from "@muniment/db/database.ts";
import type { Query } from "@muniment/db/statements.ts";
import { sameBytes } from "@muniment/verify/base64.ts";
import { type Checkpoint, formatCheckpoint } from "@muniment/verify/checkpoint.ts";
import { leafText } from "@muniment/verify/leaf.ts";
import { emptyRoot, Frontier, type Hash, leafHash, type Place } from "@muniment/verify/merkle.ts";
import type { Logger } from "pino";
import type postgres from "postgres";
import { raiseAlert } from "../alerts/raise.ts";
import { openOwnCheckpoint, readCheckpoint } from "./checkpoints.ts";
import { leafOf } from "./entry-leaf.ts";
import { createNoteSigner } from "./note-signer.ts";
import type { SeenCheckpoint } from "./seen-checkpoint.ts";
import { frontierAt, rootAt, TreeIncomplete, tileHeight } from "./tree.ts";
import { findUnsealed, firstPiece } from "./unsealed.ts";

const entriesAtOnce = 4096;

/** Between two turns of a node: what was committed before one begins is sealed by it. */
export const turnMilliseconds = 300;

export type Sealer = {
  /** Seals all that was committed until now, unless another node is doing so. */
  seal(): Promise<void>;
  /** Has what was left behind looked for again, from the next turn on. */
  lookAgain(): void;
  /** Why this node does not extend the log; null while it does. */
  problem(): string | null;
};

type SealerInput = {
  database: Database;
  /** Private keys, newest first. */
  seeds: readonly Buffer[];
  /** The name of a log that has none yet; it keeps its name for ever. */
  origin: string;
  seen: SeenCheckpoint;
  now: () => Date;
  log: Logger;
};

type Next = { more: boolean; settled: string; reached: string };
type Subtree = { place: Place; hash: Hash };
/** The log as this node knows it: its last checkpoint and the right edge of its tree. */
type Head = { checkpoint: Checkpoint; tree: Frontier; subtrees: Subtree[] };

/** The stored log is not what was signed, so nothing may be built on it. */
class Contradiction extends Error {}

function contradictionOf(error: unknown): string | null {
  return error instanceof Contradiction || error instanceof TreeIncomplete ? error.message : null;
}

const newestOnly = "isolation level read committed";
const wholeAtOnce = "isolation level repeatable read read only";

/**
 * Gives committed entries their order, hashes and a signed checkpoint (docs/audit-log.md). Each node
 * tries; a lock of the database lets one at a time, for as long as one transaction lasts, so that
 * another takes over as soon as one dies. Applications never wait for it.
 */
export function createSealer({ database, seeds, origin, seen, now, log }: SealerInput): Sealer {
  const { audit } = database;
  let head: Head | null = null;
  /** All entries of transactions below it are sealed. */
  let settled = "0";
  /** Where the next batch begins: not below `settled`, and above it where an open transaction holds that back. */
  let reached = "0";
  /** Where the look at all entries, since the start of this node or the last call for it, goes on; null once it is done. */
  let looking: string | null = firstPiece;
  let problem: string | null = null;

  async function checkAgainstSeen(sql: Query, { origin: name, size }: Checkpoint) {
    const note = await seen.read();
    if (note === null) return;
    const known = await openOwnCheckpoint(note, seeds).catch((cause: Error) => {
      throw new Contradiction(`the checkpoint kept in DATA_DIR: ${cause.message}`, { cause });
    });
    if (known.origin !== name) throw new Contradiction(`the log was ${known.origin} before`);
    if (known.size > size) {
      throw new Contradiction(`the log had ${known.size} entries before and has ${size} now`);
    }
    if (!sameBytes(await rootAt(sql, known.size), known.root)) {
      throw new Contradiction(`the first ${known.size} entries are not those of before`);
    }
  }

  /** Reads what another node sealed, or what there is at the start, and believes only what fits. */
  async function load(sql: Query): Promise<Head | null> {
    const [last] = await sql`
      select note, settled::text, cluster, (select max(index) from audit_leaves) as top,
        (select system_identifier::text from pg_control_system()) as here,
        pg_snapshot_xmax(pg_current_snapshot())::text as xmax
      from (select 1) as one left join lateral (
        select * from audit_checkpoints order by size desc limit 1) as c on true`;
    if (!last?.note) {
      if (last?.top !== null) throw new Contradiction("there are leaves but no checkpoint");
      if ((await seen.read()) !== null) throw new Contradiction("the log is gone");
      return null;
    }
    const checkpoint = await openOwnCheckpoint(last.note, seeds).catch((cause: Error) => {
      throw new Contradiction(`the last checkpoint: ${cause.message}`, { cause });
    });
    const { size, root } = checkpoint;
    const subtrees: Subtree[] = [];
    const tree = await frontierAt(sql, size, (place, hash) => subtrees.push({ place, hash }));
    if (Number(last.top ?? -1) !== size - 1 || !sameBytes(tree.root(), root)) {
      throw new Contradiction(`the tree is not that of the last checkpoint, of ${size} entries`);
    }
    if (head && !sameBytes(await rootAt(sql, head.tree.size), head.checkpoint.root)) {
      throw new Contradiction(`the first ${head.tree.size} entries are not those of before`);
    }
    await checkAgainstSeen(sql, checkpoint);
    // A restored database may be on a server that counts transactions from lower on.
    const same = last.cluster === last.here && BigInt(last.settled) <= BigInt(last.xmax);
    settled = same ? last.settled : "0";
    reached = settled;
    await seen.write(last.note);
    return { checkpoint, tree, subtrees };
  }

  async function writeTree(sql: Query, first: number, ids: string[], hashes: Hash[]) {
    await sql`
      insert into audit_leaves (index, entry_id, hash,
        at, actor_kind, actor_id, action, target_kind, target_id, outcome, subjects, everyone)
      select ${first}::bigint + n - 1, id,
        substring(${Buffer.concat(hashes)}::bytea from (n::int - 1) * 32 + 1 for 32),
        at, actor_kind, actor_id, action, target_kind, target_id, outcome, details -> 'subjects',
        (details -> 'everyone') is not null
      from unnest(${`{${ids.join(",")}}`}::text::uuid[]) with ordinality as place (id, n)
        left join audit_entries using (id)`;
  }

  async function writeSubtrees(sql: Query, subtrees: Subtree[]) {
    const tiles = subtrees.filter(({ place }) => place.level % tileHeight === 0);
    if (tiles.length === 0) return;
    const levels = tiles.map(({ place }) => place.level / tileHeight);
    const indexes = tiles.map(({ place }) => place.index);
    await sql`
      insert into audit_subtrees (level, index, hash)
      select level, index,
        substring(${Buffer.concat(tiles.map(({ hash }) => hash))}::bytea from (n::int - 1) * 32 + 1 for 32)
      from unnest(${`{${levels.join(",")}}`}::text::smallint[], ${`{${indexes.join(",")}}`}::text::bigint[])
        with ordinality as tile (level, index, n)`;
  }

  async function writeCheckpoint(sql: Query, checkpoint: Checkpoint, until: string) {
    const note = createNoteSigner(seeds, checkpoint.origin).sign(formatCheckpoint(checkpoint));
    await sql`
      insert into audit_checkpoints (size, note, at, settled, cluster)
      select ${checkpoint.size}, ${note}, ${now()}, ${until}::text::xid8, system_identifier::text
      from pg_control_system()`;
    return note;
  }

  /** Appends entries to the tree and signs it. */
  async function extend(sql: Query, known: Head, rows: postgres.Row[], until: string) {
    const { tree, subtrees, checkpoint: before } = known;
    const hashes = rows.map((row) => leafHash(leafText(leafOf(row))));
    for (const hash of hashes) tree.append(hash);
    await writeTree(
      sql,
      before.size,
      rows.map(({ id }) => id),
      hashes,
    );
    await writeSubtrees(sql, subtrees.splice(0));
    const checkpoint = { origin: before.origin, size: tree.size, root: tree.root() };
    return { checkpoint, note: await writeCheckpoint(sql, checkpoint, until) };
  }

  const begin = async (sql: Query): Promise<Head> => {
    const checkpoint = { origin, size: 0, root: emptyRoot };
    await writeCheckpoint(sql, checkpoint, "0");
    const subtrees: Subtree[] = [];
    const tree = new Frontier((place, hash) => subtrees.push({ place, hash }));
    return { checkpoint, tree, subtrees };
  };

  /**
   * Seals a batch: of entries from `reached` on, or of those with the ids. True when there may be more to
   * seal at once; null when another node is sealing.
   */
  async function sealSome(ids?: string[]): Promise<boolean | null> {
    const done = await audit.begin(newestOnly, async (sql) => {
      const [turn] = await sql`
        select pg_try_advisory_xact_lock(hashtext('muniment audit log')) as mine,
          pg_snapshot_xmin(pg_current_snapshot())::text as xmin`;
      if (!turn?.mine) return null;
      const last = await readCheckpoint(sql);
      if (!head || last?.size !== head.checkpoint.size) head = await load(sql);
      head ??= await begin(sql);
      const rows = await sql`
        select id, at, actor_kind, actor_id, actor_commitment, action, target_kind, target_id,
          target_commitment, outcome, request_id, details, xact::text
        from audit_entries
        where ${ids ? sql`id = any(${`{${ids.join(",")}}`}::text::uuid[])` : sql`xact >= ${reached}::text::xid8`}
          and not exists (select from audit_leaves where entry_id = audit_entries.id)
        order by audit_entries.xact, id limit ${entriesAtOnce}`;
      const next = ids ? { more: false, settled, reached } : nextAfter(rows, turn.xmin);
      if (rows.length === 0) return { ...next, signed: null };
      return { ...next, signed: await extend(sql, head, rows, next.settled) };
    });
    if (!done) return null;
    ({ settled, reached } = done);
    if (head && done.signed) {
      head.checkpoint = done.signed.checkpoint;
      await seen.write(done.signed.note);
    }
    return done.more;
  }

  /** What is settled after a batch, and where the next one begins. */
  function nextAfter(rows: postgres.Row[], xmin: string): Next {
    const full = rows.length === entriesAtOnce;
    const end: string = full ? rows.at(-1)?.xact : xmin;
    // A batch that began higher saw nothing of what committed since between here and there.
    if (reached !== settled) {
      return { more: true, settled, reached: full ? end : settled };
    }
    // A transaction from `xmin` on may be open still, and commit entries below the end of the batch.
    const safe = BigInt(end) < BigInt(xmin) ? end : xmin;
    return { more: full, settled: safe, reached: full ? end : safe };
  }

  /** Seals what a node left behind below what it called settled; a piece at a time, once after the start. */
  async function lookBehind() {
    if (looking === null || head === null) return;
    const { ids, next } = await findUnsealed(audit, looking, settled);
    for (let at = 0; at < ids.length; at += entriesAtOnce) {
      if ((await sealSome(ids.slice(at, at + entriesAtOnce))) === null) return;
    }
    if (ids.length > 0) log.warn({ entries: ids.length }, "sealed entries that were left behind");
    looking = next === firstPiece ? null : next;
  }

  /** Whether there is anything that this node has not seen or sealed. Takes no lock. */
  async function look(): Promise<boolean> {
    const [row] = await audit`
      select (select max(size) from audit_checkpoints) as size,
        pg_snapshot_xmin(pg_current_snapshot())::text as xmin,
        exists (select from audit_entries where xact >= ${settled}::text::xid8
          and not exists (select from audit_leaves where entry_id = audit_entries.id)) as waiting`;
    if (!head || Number(row?.size ?? -1) !== head.checkpoint.size) {
      head = await audit.begin(wholeAtOnce, load);
      return true;
    }
    if (!row?.waiting) settled = row?.xmin;
    reached = settled;
    return row?.waiting === true;
  }

  async function sealAll() {
    try {
      let more: boolean | null = await look();
      while (more) more = await sealSome();
      await lookBehind();
      if (problem) log.info("the audit log is extended again");
      problem = null;
    } catch (error) {
      const found = contradictionOf(error);
      if (found === null) {
        // What was appended to the tree in memory may not be in the database.
        head = null;
        throw error;
      }
      if (found !== problem) {
        log.error({ err: error }, `the audit log is not extended: ${found}`);
        await tell(found);
      }
      problem = found;
    }
  }

  /** Tells administrators; that they cannot be told is no reason to go on, nor to stop trying. */
  async function tell(found: string) {
    const details = { problem: found.slice(0, 500) };
    await database
      .transaction({}, (tx) =>
        raiseAlert(tx, "audit_log_stopped", { userId: null, key: "sealer", details, now: now() }),
      )
      .catch((error: unknown) => log.error({ err: error }, "the alert could not be raised"));
  }

  let running: Promise<void> = Promise.resolve();
  return {
    problem: () => problem,
    lookAgain() {
      looking ??= firstPiece;
    },
    // One after another, as they share the tree in memory.
    seal: () => (running = running.catch(() => {}).then(sealAll)),
  };
}
