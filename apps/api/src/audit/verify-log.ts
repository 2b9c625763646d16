import type { Query } from "@muniment/db/statements.ts";
import { sameBytes } from "@muniment/verify/base64.ts";
import { type Checkpoint, formatCheckpoint, parseCheckpoint } from "@muniment/verify/checkpoint.ts";
import { openCosignatures, parseWitnessKey } from "@muniment/verify/cosignature.ts";
import { type Leaf, leafText, opens } from "@muniment/verify/leaf.ts";
import { Frontier, type Hash, leafHash, type Place } from "@muniment/verify/merkle.ts";
import {
  formatVerifierKey,
  openNote,
  parseNote,
  type VerifierKey,
} from "@muniment/verify/signed-note.ts";
import type postgres from "postgres";
import type { DataKeys } from "./data-keys.ts";
import { leafOf } from "./entry-leaf.ts";
import {
  keyOfSide,
  type OpenedPersonal,
  personalColumnsOf,
  readable,
  sides,
} from "./sealed-personal.ts";
import { explainByRestores } from "./told-restores.ts";
import { tileHeight } from "./tree.ts";

const entriesAtOnce = 4096;
/** Refusals are entered when their minute is over, all else at once. */
const lateMilliseconds = 10 * 60_000;

/** A checkpoint from a place that the database's administrator does not own. */
export type OutsideCheckpoint = {
  source: string;
  note: string;
  /** It comes from a witness, so that one of the known witnesses must have cosigned it. */
  witness?: boolean;
};

export type Wrong = {
  /** The first wrong entry; null where it is not an entry that is wrong. */
  index: number | null;
  reason: string;
};

export type LogReport = {
  wrong: Wrong | null;
  origin: string | null;
  /** Entries that are what was sealed, as far as the database itself can tell. */
  verified: number;
  /** Entries that something outside the database confirms. */
  confirmed: number;
  /** Entries that a witness cosigned, as far as its key in the database is the right one. */
  cosigned: number;
  /** The verifier keys of those witnesses. */
  witnesses: string[];
  /** Committed entries that wait for their place in the log. */
  unsealed: number;
  /** Entries that were sealed long after the time they tell; the first of them. */
  late: { count: number; first: number } | null;
  /** Entries with personal data that was erased, as the log itself tells. */
  erased: number;
  /** Earlier checkpoints that only keys signed which are no longer known. */
  olderKeys: number;
};

type Input = {
  /** The keys that the log is believed to be signed with. */
  keysOf: (origin: string) => readonly VerifierKey[];
  outside: readonly OutsideCheckpoint[];
  /** Keys of witnesses that the caller has from elsewhere. */
  witnessKeys?: readonly VerifierKey[];
  keys: Pick<DataKeys, "open">;
};

class Found extends Error {
  readonly wrong: Wrong;
  constructor(index: number | null, reason: string) {
    super(reason);
    this.wrong = { index, reason };
  }
}

const span = (from: number, to: number) =>
  to - from === 1 ? `entry ${from}` : `entries ${from} to ${to - 1}`;

/** A leaf and its hash; null where a row holds what no entry can, such as an infinite time or number. */
function readLeaf(row: postgres.Row): { leaf: Leaf; hash: Uint8Array } | null {
  try {
    const leaf = leafOf(row);
    return { leaf, hash: leafHash(leafText(leaf)) };
  } catch {
    return null;
  }
}

function entryProblem(row: postgres.Row, opened: OpenedPersonal | undefined): string | null {
  if (row.id === null) return "the entry was deleted";
  const read = readLeaf(row);
  if (!read || !sameBytes(read.hash, row.hash)) {
    return "the entry is not the one that was sealed";
  }
  for (const side of sides) {
    const committed = read.leaf[side]?.personal ?? null;
    if (committed !== null && opened?.[side] === undefined) {
      return `the ${side}'s personal data was removed`;
    }
    if (opened?.[side] === "locked") {
      return `the key of the ${side}'s personal data does not open: it was changed, or ENCRYPTION_KEY lacks the element that wraps it`;
    }
    if (opened?.[side] === "altered" || !opens(committed, readable(opened?.[side]))) {
      return `the ${side}'s personal data was changed`;
    }
  }
  return null;
}

const destroying: ReadonlySet<string> = new Set([
  "data.erased",
  "user.deleted",
  "data_keys.expired",
]);

/** The keys that an entry says were destroyed. */
const destroyedKeys = (row: postgres.Row): string[] =>
  destroying.has(row.action) && Array.isArray(row.details?.keys) ? row.details.keys : [];

/** What a note states that may be anything; null where it is no checkpoint. */
function readStated(note: string): Checkpoint | null {
  try {
    return parseCheckpoint(parseNote(note).text);
  } catch {
    return null;
  }
}

type Opened = Checkpoint & { source: string };

async function openOutside(
  { keysOf, outside, witnessKeys = [] }: Input,
  origin: string,
): Promise<Opened[]> {
  const opened: Opened[] = [];
  for (const { source, note, witness } of outside) {
    try {
      const { text } = await openNote(note, keysOf(origin));
      if (witness && witnessKeys.length > 0) {
        const made = await openCosignatures(note, witnessKeys);
        if (made.length === 0) throw new Error("no known witness cosigned it");
      }
      opened.push({ ...parseCheckpoint(text), source });
    } catch (error) {
      throw new Found(null, `${source}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return opened.sort((a, b) => a.size - b.size);
}

/** Walks the whole log, as anybody who can read the tables could, and stops at what is wrong. */
class Walk {
  readonly report: LogReport = {
    wrong: null,
    origin: null,
    verified: 0,
    confirmed: 0,
    cosigned: 0,
    witnesses: [],
    unsealed: 0,
    late: null,
    erased: 0,
    olderKeys: 0,
  };
  readonly #sql: Query;
  readonly #input: Input;
  #outside: Opened[] = [];
  /** The checkpoints from outside that are of another log. */
  #differing: Opened[] = [];
  /** Those that are of this one. */
  readonly #same: Opened[] = [];
  #stored = new Map<string, Hash>();
  readonly #gone = new Map<string, number>();
  readonly #destroyed = new Set<string>();
  /** The first entry that searches do not find as what it is. */
  #misfiled: number | null = null;
  #signedUntil = 0;
  /** Entries since the last checkpoint. */
  #batch: postgres.Row[] = [];
  #batchFrom = 0;
  #lastIsSigned = false;
  readonly #tree = new Frontier((place, hash) => this.#subtree(place, hash));

  constructor(sql: Query, input: Input) {
    this.#sql = sql;
    this.#input = input;
  }

  #subtree({ level, index }: Place, hash: Hash) {
    if (level % tileHeight !== 0) return;
    const stored = this.#stored.get(`${level / tileHeight} ${index}`);
    if (stored && sameBytes(stored, hash)) return;
    const [from, to] = [index * 2 ** level, (index + 1) * 2 ** level];
    throw new Found(from, `${span(from, to)}: the stored hash over them is another`);
  }

  async run() {
    const [first] = await this.#sql`
      select note from audit_checkpoints order by size limit 1`;
    if (!first) throw new Found(0, "there is no checkpoint: the log was emptied, or never begun");
    const origin: string = first.note.slice(0, first.note.indexOf("\n"));
    this.report.origin = origin;
    this.#outside = await openOutside(this.#input, origin);
    const other = this.#outside.find((known) => known.origin !== origin);
    if (other) throw new Found(null, `${other.source}: is of another log, ${other.origin}`);
    this.#compare();
    for (let done = false; !done; ) done = await this.#chunk();
    await this.#end();
  }

  /** What is wrong, in the words of the log itself where it tells of a restore that explains it. */
  async explained({ wrong }: Found): Promise<Wrong> {
    const seen = this.#differing.at(-1);
    if (!seen) return wrong;
    const told = await explainByRestores(this.#sql, seen, this.#same);
    return told ? { index: told.index ?? wrong.index, reason: told.reason } : wrong;
  }

  /** The next entries; true when there were none. */
  async #chunk(): Promise<boolean> {
    const from = this.#tree.size;
    const to = from + entriesAtOnce;
    const [rows, checkpoints, subtrees, cosignatures] = await Promise.all([
      this.#sql`
        select l.index, l.hash, e.*,
          (l.at, l.actor_kind, l.actor_id, l.action, l.target_kind, l.target_id, l.outcome, l.subjects, l.everyone)
            is distinct from (e.at, e.actor_kind, e.actor_id, e.action, e.target_kind, e.target_id, e.outcome,
            e.details -> 'subjects', (e.details -> 'everyone') is not null) as misfiled
        from audit_leaves l left join audit_entries e on e.id = l.entry_id
        where l.index >= ${from} order by l.index limit ${entriesAtOnce}`,
      this.#sql`
        select size, note, at from audit_checkpoints where size > ${from} and size <= ${to} order by size`,
      this.#sql`
        select level, index, hash from audit_subtrees
        where (index + 1) * (256::numeric ^ level) > ${from} and (index + 1) * (256::numeric ^ level) <= ${to}`,
      this.#sql`
        select size, key, line from audit_cosignatures
        where size > ${from} and size <= ${to} order by size, key`,
    ]);
    this.#stored = new Map(
      subtrees.map(({ level, index, hash }) => [`${level} ${index}`, new Uint8Array(hash)]),
    );
    const entries = rows.flatMap((row) => (row.id === null ? [] : [personalColumnsOf(row)]));
    const opened = await this.#input.keys.open(entries, this.#sql);
    const personalOf = new Map(entries.map(({ id }, at) => [id, opened[at]]));
    const waiting = [...checkpoints];
    for (const row of rows) {
      const index = this.#tree.size;
      if (Number(row.index) !== index)
        throw new Found(index, "the entry is missing from the order");
      const personal = personalOf.get(row.id);
      const problem = entryProblem(row, personal);
      if (problem) throw new Found(index, problem);
      if (row.misfiled) this.#misfiled ??= index;
      this.#noteErased(index, row, personal);
      this.#tree.append(new Uint8Array(row.hash));
      this.report.verified = this.#tree.size;
      this.#batch.push(row);
      const next = waiting[0];
      if (Number(next?.size) === this.#tree.size) {
        waiting.shift();
        await this.#checkpoint(next as postgres.Row);
      }
      while (Number(cosignatures[0]?.size) === this.#tree.size) {
        await this.#cosignature(cosignatures.shift() as postgres.Row);
      }
      this.#compare();
    }
    return rows.length === 0;
  }

  /** Remembers which keys are gone, and which the log says were destroyed. */
  #noteErased(index: number, row: postgres.Row, personal: OpenedPersonal | undefined) {
    for (const id of destroyedKeys(row)) this.#destroyed.add(id);
    const gone = sides.filter((side) => personal?.[side] === "erased");
    if (gone.length > 0) this.report.erased += 1;
    for (const side of gone) {
      const key = keyOfSide(row.personal, side);
      if (key !== null && !this.#gone.has(key)) this.#gone.set(key, index);
    }
  }

  /** Personal data that only a key is missing for must have been erased by an act that is entered. */
  #checkErased() {
    for (const [key, index] of this.#gone) {
      if (this.#destroyed.has(key)) continue;
      throw new Found(
        index,
        "its personal data cannot be read any more, though the log tells of no erasure",
      );
    }
  }

  async #checkpoint({ note, at }: postgres.Row) {
    const from = this.#batchFrom;
    const batch = this.#batch.splice(0);
    const { size } = this.#tree;
    const signed = await this.#signatureOf(note, from);
    const stated = readStated(note);
    if (stated?.size !== size || !sameBytes(stated.root, this.#tree.root())) {
      throw new Found(
        from,
        `${span(from, size)}: not what the checkpoint of ${size} entries states`,
      );
    }
    if (signed) this.#signedUntil = size;
    else this.report.olderKeys += 1;
    this.#lastIsSigned = signed;
    this.#batchFrom = size;
    for (const [place, row] of batch.entries()) {
      if (at.getTime() - row.at.getTime() < lateMilliseconds) continue;
      const { late } = this.report;
      const first = late?.first ?? size - batch.length + place;
      this.report.late = { count: (late?.count ?? 0) + 1, first };
    }
  }

  /** What a witness signed must be of this very tree. */
  async #cosignature({ key: text, line }: postgres.Row) {
    const { size } = this.#tree;
    const { witnessKeys = [] } = this.#input;
    const from = this.report.cosigned;
    const checkpoint = { origin: this.report.origin ?? "", size, root: this.#tree.root() };
    const note = `${formatCheckpoint(checkpoint)}\n${line}`;
    try {
      const key = parseWitnessKey(text);
      if ((await openCosignatures(note, [key])).length === 0) throw new Error("it is another's");
      if (!this.report.witnesses.includes(text)) this.report.witnesses.push(text);
    } catch {
      const name = text.slice(0, Math.max(0, text.indexOf("+")));
      throw new Found(
        from,
        `${span(from, size)}: not those that the witness ${name} cosigned, though the log's own signatures hold: rewritten by someone with the signing key`,
      );
    }
    this.report.cosigned = size;
    const isKnown = witnessKeys.some((key) => formatVerifierKey(key) === text);
    if (isKnown) this.report.confirmed = Math.max(this.report.confirmed, size);
  }

  /** Whether a known key signed it. A wrong signature of one is found at the entries it is for. */
  async #signatureOf(note: string, from: number): Promise<boolean> {
    const keys = this.#input.keysOf(this.report.origin ?? "");
    try {
      await openNote(note, keys);
      return true;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (message === "no known key signed it") return false;
      throw new Found(from, `the checkpoint of ${this.#tree.size} entries: ${message}`);
    }
  }

  /** Holds the tree against the outside checkpoints of its size. */
  #compare() {
    for (let next = this.#outside[0]; next?.size === this.#tree.size; next = this.#outside[0]) {
      this.#outside.shift();
      if (!sameBytes(next.root, this.#tree.root())) {
        this.#differing = [next, ...this.#outside.filter(({ source }) => source === next.source)];
        throw new Found(
          this.report.confirmed,
          `${span(this.report.confirmed, next.size)}: not those under the checkpoint of ${next.source}, though the log's own signatures hold: rewritten by someone with the signing key, or an older backup was restored and grew on`,
        );
      }
      this.#same.push(next);
      this.report.confirmed = Math.max(this.report.confirmed, next.size);
    }
  }

  async #end() {
    const { size } = this.#tree;
    const [last] = await this.#sql`select max(size) as size from audit_checkpoints`;
    const stated = Number(last?.size);
    if (stated > size)
      throw new Found(size, `the log ends here, but a checkpoint states ${stated} entries`);
    if (stated < size) {
      throw new Found(stated, `${span(stated, size)}: under no checkpoint`);
    }
    if (!this.#lastIsSigned && size > 0) {
      throw new Found(
        this.#signedUntil,
        `${span(this.#signedUntil, size)}: no known key signed a checkpoint over them`,
      );
    }
    const [beyond] = this.#outside;
    if (beyond) {
      this.#differing = this.#outside;
      throw new Found(
        size,
        `the log had ${beyond.size} entries when ${beyond.source} was written and has ${size} now: its tail was cut, or an older backup was restored`,
      );
    }
    const [cosigned] = await this.#sql`select max(size) as size from audit_cosignatures`;
    if (Number(cosigned?.size) > size) {
      throw new Found(
        size,
        `a witness cosigned ${cosigned?.size} entries, and the log has ${size} now: its tail was cut`,
      );
    }
    const unsealed = await this.#sql`
      select action, details from audit_entries
      where not exists (select from audit_leaves where entry_id = audit_entries.id)`;
    this.report.unsealed = unsealed.length;
    for (const id of unsealed.flatMap(destroyedKeys)) this.#destroyed.add(id);
    this.#checkErased();
    if (this.#misfiled !== null) {
      throw new Found(
        this.#misfiled,
        "the entry is the one that was sealed, but searches find it as another: somebody changed what it is found by",
      );
    }
  }
}

/**
 * Verifies the audit log in a database, from the entries up to the signatures, and against checkpoints
 * from elsewhere. What only such a checkpoint could tell is known by `confirmed`.
 */
export async function verifyLog(sql: Query, input: Input): Promise<LogReport> {
  const walk = new Walk(sql, input);
  try {
    await walk.run();
  } catch (error) {
    if (!(error instanceof Found)) throw error;
    walk.report.wrong = await walk.explained(error);
  }
  return walk.report;
}
